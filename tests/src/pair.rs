//! Two real `weftid serve` processes over one PostgreSQL database, behind one name, as a load balancer would have them; and beside them a node
//! in this process that arranges.

use std::collections::BTreeMap;
use std::time::Duration;

use crate::database::Database;
use crate::person::Person;
use crate::process::{Process, environment, variable};
use crate::provider::{ISSUER, Provider};
use crate::relying_party::RelyingParty;
use crate::watched::free_port;
use crate::wire::Wire;

/// All people of a test share one network, nobody outside is asked, and hashing is as cheap as it may be.
const SETTINGS: [(&str, &str); 5] = [
    ("limits.network_per_minute", "100000"),
    ("limits.network_guesses", "1000000"),
    ("passwords.breached", "off"),
    ("passwords.memory_kib", "7168"),
    ("passwords.iterations", "1"),
];

/// Two processes that serve, and what arranges beside them.
pub struct Pair {
    /// Arranges; people whom it makes are served by the first process.
    pub provider: Provider,
    /// The first process.
    pub one: Process,
    /// The second.
    pub other: Process,
    /// A wire that reaches the second process under the provider's name.
    there: Wire,
    others_files: Database,
}

impl Pair {
    /// Starts both.
    pub async fn start() -> Self {
        Self::start_with(&[]).await
    }

    /// The same with these settings on top.
    pub async fn start_with(more: &[(&str, &str)]) -> Self {
        let database = Database::empty_postgres().await;
        let others_files = database.for_another_node();
        let settings: Vec<(&str, &str)> = SETTINGS.into_iter().chain([("issuer", ISSUER)]).chain(more.iter().copied()).collect();
        let one = Process::serve_at(&database, free_port(), &settings).await;
        let other = Process::serve_at(&others_files, free_port(), &settings).await;
        let provider = Provider::behind(database, &SETTINGS, one.address).await;
        let there = Wire::new();
        there.route(&provider.issuer, other.address);
        Self { provider, one, other, there, others_files }
    }

    /// So many tabs of the same browser at the same page, by turns served by the one and the other process.
    pub fn tabs(&self, person: &Person, count: usize) -> Vec<Person> {
        let mut tabs = vec![person.clone(); count];
        self.by_turns(&mut tabs);
        tabs
    }

    /// Lets every second of these people be served by the other process from now on.
    pub fn by_turns(&self, people: &mut [Person]) {
        for person in people.iter_mut().skip(1).step_by(2) {
            person.is_served_by(&self.there);
        }
    }

    /// The same person, served by the other process.
    #[must_use]
    pub fn there(&self, person: &Person) -> Person {
        let mut person = person.clone();
        person.is_served_by(&self.there);
        person
    }

    /// The same client, served by the other process.
    #[must_use]
    pub fn client_there(&self, client: &RelyingParty) -> RelyingParty {
        client.at(&self.there)
    }

    /// Waits until a link whose address begins with this stands in a mail that either process delivered into its folder; gives the first.
    pub async fn mailed_link(&self, beginning: &str) -> String {
        let folders = [self.provider.database.data_dir(), self.others_files.data_dir()].map(|directory| directory.join("mail"));
        for _ in 0..600 {
            let files = folders.iter().filter_map(|folder| std::fs::read_dir(folder).ok()).flatten().flatten();
            let mails = files.filter_map(|file| std::fs::read_to_string(file.path()).ok());
            // Lines are broken where quoted-printable wants it (RFC 2045 §6.7).
            let mut whole = mails.map(|mail| mail.replace("\r\n", "\n").replace("=\n", ""));
            let link = |mail: String| {
                let rest = mail.split_once(beginning)?.1;
                let end = rest.find(|c: char| !(c.is_ascii_alphanumeric() || "-_".contains(c))).unwrap_or(rest.len());
                Some(format!("{beginning}{}", &rest[..end]))
            };
            if let Some(link) = whole.find_map(link) {
                return link;
            }
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
        panic!("no mail has a link to {beginning}");
    }

    /// What points another command of the binary at the same database.
    pub fn environment(&self) -> BTreeMap<String, String> {
        let mut environment = environment(&self.provider.database, self.one.address.port());
        environment.insert(variable("issuer"), ISSUER.to_owned());
        environment
    }
}
