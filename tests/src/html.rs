//! Reads a page the way a person's browser would use it: its name, its forms and what they would send, its links, its words.
//!
//! A small reader for the provider's own, well-formed templates. Text that is not well-formed is read as far as it goes, never guessed.

/// One element, or one run of text (its name is then `#text`).
#[derive(Clone, Debug, Default)]
pub struct Element {
    /// The tag's name in lower case.
    pub name: String,
    attributes: Vec<(String, String)>,
    text: String,
    parent: Option<usize>,
}

impl Element {
    /// An attribute's value; an empty one for an attribute without a value.
    pub fn attribute(&self, name: &str) -> Option<&str> {
        self.attributes.iter().find(|(key, _)| key == name).map(|(_, value)| value.as_str())
    }
}

/// A page that was read.
#[derive(Clone, Debug, Default)]
pub struct Page {
    elements: Vec<Element>,
}

/// A form, and what it would send if nothing were changed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Form {
    /// Its `action`, as written; empty means the page's own URL.
    pub action: String,
    /// `GET` or `POST`.
    pub method: String,
    /// The values of its fields in their order (unchecked boxes and buttons left out).
    pub fields: Vec<(String, String)>,
    /// The names of all fields that a person could fill in.
    pub names: Vec<String>,
}

const VOID: [&str; 14] = ["area", "base", "br", "col", "embed", "hr", "img", "input", "link", "meta", "param", "source", "track", "wbr"];
const RAW: [&str; 4] = ["script", "style", "textarea", "title"];

impl Page {
    /// Reads a document.
    pub fn read(html: &str) -> Self {
        let mut reader = Reader { rest: html, open: Vec::new(), elements: Vec::new() };
        while reader.step() {}
        Self { elements: reader.elements }
    }

    /// What the page calls itself (`data-page`); empty when it does not.
    pub fn name(&self) -> &str {
        self.elements.iter().find_map(|element| element.attribute("data-page")).unwrap_or_default()
    }

    /// The token for JSON calls, from `<meta name="csrf-token">`.
    pub fn csrf_token(&self) -> Option<&str> {
        self.elements.iter().find(|e| e.name == "meta" && e.attribute("name") == Some("csrf-token"))?.attribute("content")
    }

    /// All elements of that name, in order.
    pub fn all(&self, name: &str) -> impl Iterator<Item = &Element> {
        self.elements.iter().filter(move |element| element.name == name)
    }

    /// The elements whose attribute has that value, in order.
    pub fn with(&self, attribute: &str, value: &str) -> impl Iterator<Item = &Element> {
        self.elements.iter().filter(move |element| element.attribute(attribute) == Some(value))
    }

    /// The values of `data-action` on this page, in order: what can be done here.
    pub fn actions(&self) -> Vec<&str> {
        self.elements.iter().filter_map(|element| element.attribute("data-action")).collect()
    }

    /// The first element with that `data-action`.
    pub fn action(&self, action: &str) -> Option<&Element> {
        self.with("data-action", action).next()
    }

    /// The words of the page, without its tags, scripts and styles, white space folded.
    pub fn text(&self) -> String {
        let shown = |index: usize| !self.ancestors(index).any(|e| matches!(e.name.as_str(), "script" | "style" | "title"));
        let runs = self.elements.iter().enumerate().filter(|(index, e)| e.name == "#text" && shown(*index));
        fold(&runs.map(|(_, e)| e.text.as_str()).collect::<Vec<_>>().join(" "))
    }

    /// The words inside one element of this page, white space folded.
    pub fn text_of(&self, element: &Element) -> String {
        let Some(root) = self.elements.iter().position(|e| std::ptr::eq(e, element)) else { return String::new() };
        let runs = (0..self.elements.len()).filter(|&index| self.ancestors(index).any(|e| std::ptr::eq(e, &raw const self.elements[root])));
        fold(&runs.map(|index| self.elements[index].text.as_str()).collect::<Vec<_>>().join(" "))
    }

    /// All forms, in order.
    pub fn forms(&self) -> Vec<Form> {
        (0..self.elements.len()).filter(|&index| self.elements[index].name == "form").map(|index| self.read_form(index)).collect()
    }

    /// The form that a `data-action` belongs to (on the form itself, on a button in it, or on a button that names it), and the button's own pair.
    pub fn form(&self, action: &str) -> Option<(Form, Option<(String, String)>)> {
        let index = self.elements.iter().position(|e| e.attribute("data-action") == Some(action))?;
        let element = &self.elements[index];
        if element.name == "form" {
            return Some((self.read_form(index), None));
        }
        if !matches!(element.name.as_str(), "button" | "input") || matches!(element.attribute("type"), Some("button" | "reset")) {
            return None;
        }
        let form = match element.attribute("form") {
            Some(id) => self.elements.iter().position(|e| e.name == "form" && e.attribute("id") == Some(id))?,
            None => self.enclosing_form(index)?,
        };
        let mut read = self.read_form(form);
        if let Some(target) = element.attribute("formaction") {
            target.clone_into(&mut read.action);
        }
        let pair = element.attribute("name").map(|name| (name.to_owned(), element.attribute("value").unwrap_or_default().to_owned()));
        Some((read, pair))
    }

    /// The form that posts to `path` (the path of its `action`, without query).
    pub fn form_to(&self, path: &str) -> Option<Form> {
        self.forms().into_iter().find(|form| form.action.split('?').next() == Some(path))
    }

    fn read_form(&self, form: usize) -> Form {
        let id = self.elements[form].attribute("id");
        let (mut fields, mut names) = (Vec::new(), Vec::new());
        for (index, element) in self.elements.iter().enumerate() {
            let belongs = match element.attribute("form") {
                Some(owner) => Some(owner) == id,
                None => self.enclosing_form(index) == Some(form),
            };
            let Some(name) = element.attribute("name").filter(|_| belongs && element.attribute("disabled").is_none()) else { continue };
            let value = match (element.name.as_str(), element.attribute("type").unwrap_or("text")) {
                ("input", "submit" | "button" | "image" | "reset") => continue,
                ("input", "checkbox" | "radio") if element.attribute("checked").is_none() => None,
                ("input", "checkbox" | "radio") => Some(element.attribute("value").unwrap_or("on").to_owned()),
                ("input", _) => Some(element.attribute("value").unwrap_or_default().to_owned()),
                ("textarea", _) => Some(self.text_of(element)),
                ("select", _) => self.chosen(index),
                _ => continue,
            };
            if element.attribute("type") != Some("hidden") {
                names.push(name.to_owned());
            }
            fields.extend(value.map(|value| (name.to_owned(), value)));
        }
        let element = &self.elements[form];
        let method = element.attribute("method").unwrap_or("get").to_ascii_uppercase();
        Form { action: element.attribute("action").unwrap_or_default().to_owned(), method, fields, names }
    }

    // HTML §4.10.7: the selected option, else the first one.
    fn chosen(&self, select: usize) -> Option<String> {
        let inside = |index: usize| self.ancestors(index).any(|e| std::ptr::eq(e, &raw const self.elements[select]));
        let options: Vec<&Element> =
            (0..self.elements.len()).filter(|&i| self.elements[i].name == "option" && inside(i)).map(|i| &self.elements[i]).collect();
        let option = options.iter().find(|e| e.attribute("selected").is_some()).or(options.first())?;
        Some(option.attribute("value").map_or_else(|| self.text_of(option), str::to_owned))
    }

    fn enclosing_form(&self, index: usize) -> Option<usize> {
        let mut parent = self.elements[index].parent;
        while let Some(index) = parent {
            if self.elements[index].name == "form" {
                return Some(index);
            }
            parent = self.elements[index].parent;
        }
        None
    }

    fn ancestors(&self, index: usize) -> impl Iterator<Item = &Element> {
        std::iter::successors(self.elements[index].parent, |&parent| self.elements[parent].parent).map(|parent| &self.elements[parent])
    }
}

struct Reader<'a> {
    rest: &'a str,
    open: Vec<usize>,
    elements: Vec<Element>,
}

impl Reader<'_> {
    fn step(&mut self) -> bool {
        if self.rest.is_empty() {
            return false;
        }
        let Some(start) = self.rest.find('<') else {
            self.text(self.rest);
            return false;
        };
        self.text(&self.rest[..start]);
        self.rest = &self.rest[start..];
        if let Some(comment) = self.rest.strip_prefix("<!--") {
            self.rest = comment.split_once("-->").map_or("", |(_, rest)| rest);
        } else if self.rest.starts_with("<!") || self.rest.starts_with("<?") {
            self.rest = self.rest.split_once('>').map_or("", |(_, rest)| rest);
        } else if let Some(closing) = self.rest.strip_prefix("</") {
            let (name, rest) = closing.split_once('>').unwrap_or((closing, ""));
            let name = name.trim().to_ascii_lowercase();
            if let Some(depth) = self.open.iter().rposition(|&index| self.elements[index].name == name) {
                self.open.truncate(depth);
            }
            self.rest = rest;
        } else if self.rest[1..].starts_with(|c: char| c.is_ascii_alphabetic()) {
            self.tag();
        } else {
            self.text("<");
            self.rest = &self.rest[1..];
        }
        true
    }

    fn text(&mut self, text: &str) {
        if !text.is_empty() {
            self.elements.push(Element { name: "#text".to_owned(), text: decode(text), parent: self.open.last().copied(), ..Element::default() });
        }
    }

    fn tag(&mut self) {
        let end = self.rest[1..].find(|c: char| c.is_ascii_whitespace() || c == '>' || c == '/').map_or(self.rest.len(), |end| end + 1);
        let name = self.rest[1..end].to_ascii_lowercase();
        self.rest = &self.rest[end..];
        let mut element = Element { name: name.clone(), parent: self.open.last().copied(), ..Element::default() };
        loop {
            self.rest = self.rest.trim_start_matches(|c: char| c.is_ascii_whitespace() || c == '/');
            if self.rest.is_empty() {
                break;
            }
            if let Some(rest) = self.rest.strip_prefix('>') {
                self.rest = rest;
                break;
            }
            element.attributes.push(self.attribute());
        }
        let index = self.elements.len();
        self.elements.push(element);
        if VOID.contains(&name.as_str()) {
            return;
        }
        self.open.push(index);
        if RAW.contains(&name.as_str()) {
            let close = format!("</{name}");
            let end = self.rest.to_ascii_lowercase().find(&close).unwrap_or(self.rest.len());
            let inside = &self.rest[..end];
            if !inside.is_empty() {
                // Scripts and styles know no character references; textarea and title do.
                let text = if matches!(name.as_str(), "script" | "style") { inside.to_owned() } else { decode(inside) };
                self.elements.push(Element { name: "#text".to_owned(), text, parent: Some(index), ..Element::default() });
            }
            self.rest = &self.rest[end..];
        }
    }

    fn attribute(&mut self) -> (String, String) {
        let end = self.rest.find(|c: char| c.is_ascii_whitespace() || c == '=' || c == '>').unwrap_or(self.rest.len());
        let name = self.rest[..end].to_ascii_lowercase();
        self.rest = self.rest[end..].trim_start();
        let Some(value) = self.rest.strip_prefix('=') else { return (name, String::new()) };
        let value = value.trim_start();
        let (value, rest) = match value.chars().next() {
            Some(quote @ ('"' | '\'')) => value[1..].split_once(quote).unwrap_or((&value[1..], "")),
            _ => value.split_at(value.find(|c: char| c.is_ascii_whitespace() || c == '>').unwrap_or(value.len())),
        };
        self.rest = rest;
        (name, decode(value))
    }
}

/// Character references: the numbered ones and the names that templates write.
fn decode(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(start) = rest.find('&') {
        out.push_str(&rest[..start]);
        rest = &rest[start..];
        let reference = rest.find(';').filter(|&end| end < 12).map(|end| (&rest[1..end], end));
        if let Some((character, end)) = reference.and_then(|(name, end)| Some((named(name)?, end))) {
            out.push(character);
            rest = &rest[end + 1..];
        } else {
            out.push('&');
            rest = &rest[1..];
        }
    }
    out.push_str(rest);
    out
}

fn named(name: &str) -> Option<char> {
    if let Some(number) = name.strip_prefix('#') {
        let code = number.strip_prefix(['x', 'X']).map_or_else(|| number.parse(), |hex| u32::from_str_radix(hex, 16)).ok()?;
        return char::from_u32(code);
    }
    match name {
        "amp" => Some('&'),
        "lt" => Some('<'),
        "gt" => Some('>'),
        "quot" => Some('"'),
        "apos" => Some('\''),
        "nbsp" => Some('\u{a0}'),
        "hellip" => Some('…'),
        "ndash" => Some('–'),
        "mdash" => Some('—'),
        "middot" => Some('·'),
        "rarr" => Some('→'),
        "larr" => Some('←'),
        "times" => Some('×'),
        "copy" => Some('©'),
        _ => None,
    }
}

fn fold(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;

    const PAGE: &str = r#"<!doctype html><html lang=en><head><title>Sign in &amp; go</title><meta name="csrf-token" content="t&#x6f;k">
        <script type="module">if (a < b) { "</div>" }</script></head>
        <body data-page="sign-in"><!-- <form action="/hidden"> --><h1>Hello,
        <b>Ada &lt;3</b></h1>
        <form action="/login" method="post" id="f"><input type="hidden" name="csrf" value="a&quot;b">
          <input name='email' type=email value=""><input type="checkbox" name="stay" checked><input type="radio" name="r" value="1"><br/>
          <select name="s"><option value="x">X</option><option selected>Y</option></select><textarea name="t">1 &gt; 0</textarea>
          <input name="off" disabled value="no"><button name="decision" value="allow" data-action="continue">Continue</button></form>
        <button form="f" name="decision" value="deny" data-action="deny">Cancel</button>
        <button type="button" data-action="passkey">Passkey</button><a data-action="skip" href="/account?a=1&amp;b=2">Skip</a></body></html>"#;

    #[test]
    fn a_page_is_read_like_a_browser_reads_it() {
        let page = Page::read(PAGE);
        assert_eq!((page.name(), page.csrf_token()), ("sign-in", Some("tok")));
        assert_eq!(page.actions(), ["continue", "deny", "passkey", "skip"]);
        assert_eq!(page.action("skip").unwrap().attribute("href"), Some("/account?a=1&b=2"));
        assert_eq!(page.text_of(page.all("h1").next().unwrap()), "Hello, Ada <3");
        assert_eq!(page.text_of(page.all("title").next().unwrap()), "Sign in & go");
        assert!(!page.text().contains("if (a"), "{}", page.text());
        assert_eq!(page.forms().len(), 1, "a comment is no form");
    }

    #[test]
    fn a_form_sends_what_a_browser_would_send() {
        let page = Page::read(PAGE);
        let (form, button) = page.form("continue").unwrap();
        let pairs = [("csrf", "a\"b"), ("email", ""), ("stay", "on"), ("s", "Y"), ("t", "1 > 0")];
        assert_eq!(form.fields, pairs.map(|(name, value)| (name.to_owned(), value.to_owned())));
        assert_eq!(form.names, ["email", "stay", "r", "s", "t"]);
        assert_eq!((form.action.as_str(), form.method.as_str()), ("/login", "POST"));
        assert_eq!(button, Some(("decision".to_owned(), "allow".to_owned())));
        assert_eq!(page.form("deny").unwrap().1, Some(("decision".to_owned(), "deny".to_owned())));
        assert!(page.form("passkey").is_none(), "a plain button submits nothing");
        assert_eq!(page.form_to("/login"), Some(form));
    }

    #[test]
    fn broken_text_is_read_as_far_as_it_goes() {
        for broken in ["<", "<a", "<a href", "<a href=", "<a href='x", "</", "<!--", "a < b & c &#xffffffff; &unknown;", "<script>", "<p></i></p>"] {
            Page::read(broken);
        }
        assert_eq!(Page::read("a < b & c").text(), "a < b & c");
    }
}
