//! What holds for people and relying parties: names, lifetimes, limits. Each setting is declared once, where it is read: path, default,
//! bounds and their reason. Nothing stands here that nothing reads.

use std::time::Duration;

use crate::config::duration::days;
use crate::config::reader::Reader;

/// How we call ourselves.
#[derive(Clone, Debug)]
pub struct Brand {
    /// The name on every page.
    pub name: String,
}

impl Brand {
    pub(super) fn read(reader: &mut Reader) -> Self {
        Self { name: reader.get("brand.name", "WeftID".to_owned()) }
    }
}

/// What is demanded of authorization requests, whoever's they are. Single clients may be registered with more.
#[derive(Clone, Copy, Debug)]
pub struct Authorization {
    /// Whether every request must be pushed (RFC 9126 §5).
    pub require_pushed_requests: bool,
}

impl Authorization {
    pub(super) fn read(reader: &mut Reader) -> Self {
        Self { require_pushed_requests: reader.get("authorization.require_pushed_requests", false) }
    }
}

/// How long people stay signed in.
#[derive(Clone, Debug)]
pub struct Sessions {
    /// A session that nobody used this long is over.
    pub idle: Duration,
    /// A session is over this long after signing in, used or not.
    pub absolute: Duration,
    /// Whoever changes how they sign in proved who they are within this time.
    pub step_up: Duration,
    /// Sessions of one person at the same time; beyond it those end that were not used for the longest time.
    pub most_per_user: u32,
}

impl Sessions {
    pub(super) fn read(reader: &mut Reader) -> Self {
        let sessions = Self {
            // `last_seen` is written at most every 5 minutes; a shorter idle time would end sessions in use.
            idle: reader.within(
                "sessions.idle",
                Duration::from_hours(12),
                [Duration::from_mins(15), days(30)],
                "use is noted every 5 minutes, and a month is not idle but gone",
            ),
            absolute: reader.within("sessions.absolute", days(14), [Duration::from_mins(15), days(90)], "a stolen session must end some day"),
            step_up: reader.within(
                "sessions.step_up",
                Duration::from_mins(5),
                [Duration::from_mins(1), Duration::from_mins(10)],
                "whoever sits down at an open session must not be able to add a passkey of their own",
            ),
            most_per_user: reader.within(
                "sessions.most_per_user",
                50,
                [1, 1_000],
                "nobody has that many browsers, and whoever looks through the list of their sessions must reach its end",
            ),
        };
        reader.must(
            &["sessions.idle", "sessions.absolute"],
            sessions.idle <= sessions.absolute,
            "sessions.idle must not be longer than sessions.absolute",
        );
        sessions
    }
}

/// How long what we hand out is good for.
#[derive(Clone, Debug)]
pub struct Lifetimes {
    /// From the authorization request to its answer.
    pub authorization_request: Duration,
    /// The name of a pushed authorization request, until a browser begins with it.
    pub pushed_request: Duration,
    /// A code.
    pub code: Duration,
    /// An access token.
    pub access_token: Duration,
    /// A refresh token that nobody uses.
    pub refresh_idle: Duration,
    /// A grant, however often it was refreshed.
    pub refresh_absolute: Duration,
    /// How long a refresh token that was just used may still be answered with the same successor; zero is never.
    pub refresh_race_window: Duration,
    /// The link of the first start.
    pub setup_link: Duration,
    /// An invitation.
    pub invitation: Duration,
    /// The link by which somebody says "this wasn't me".
    pub not_me: Duration,
    /// A link to recovery.
    pub recovery_link: Duration,
    /// A link that confirms another address.
    pub email_change: Duration,
}

impl Lifetimes {
    pub(super) fn read(reader: &mut Reader) -> Self {
        let lifetimes = Self {
            authorization_request: reader.within(
                "lifetimes.authorization_request",
                Duration::from_mins(30),
                [Duration::from_mins(5), Duration::from_hours(2)],
                "people sign in meanwhile, and a page left open overnight is not a request any more",
            ),
            pushed_request: reader.within(
                "lifetimes.pushed_request",
                Duration::from_mins(1),
                [Duration::from_secs(5), Duration::from_mins(10)],
                "the browser is sent at once (RFC 9126 §2.2), and what lies around is found",
            ),
            code: reader.within(
                "lifetimes.code",
                Duration::from_mins(1),
                [Duration::from_secs(10), Duration::from_mins(10)],
                "RFC 6749 §4.1.2 recommends at most 10 minutes",
            ),
            access_token: reader.within(
                "lifetimes.access_token",
                Duration::from_mins(10),
                [Duration::from_mins(1), Duration::from_hours(24)],
                "shorter is all refreshing, and a longer one works long after it leaked",
            ),
            refresh_idle: reader.within(
                "lifetimes.refresh_idle",
                days(30),
                [Duration::from_hours(1), days(365)],
                "an application that rests for a year asks again",
            ),
            refresh_absolute: reader.within(
                "lifetimes.refresh_absolute",
                days(180),
                [Duration::from_hours(1), days(730)],
                "consent is asked again some day",
            ),
            refresh_race_window: reader.within(
                "lifetimes.refresh_race_window",
                Duration::from_secs(5),
                [Duration::ZERO, Duration::from_mins(1)],
                "it forgives an answer that got lost; a longer one hides theft",
            ),
            setup_link: reader.within(
                "lifetimes.setup_link",
                Duration::from_hours(24),
                [Duration::from_mins(5), days(7)],
                "whoever finds it becomes the administrator",
            ),
            invitation: reader.within(
                "lifetimes.invitation",
                Duration::from_hours(72),
                [Duration::from_mins(5), days(30)],
                "whoever finds it becomes that person",
            ),
            not_me: reader.within(
                "lifetimes.not_me",
                days(7),
                [days(1), days(30)],
                "people read their mail after the weekend, and what is long past is undone on the page",
            ),
            recovery_link: reader.within(
                "lifetimes.recovery_link",
                Duration::from_mins(30),
                [Duration::from_mins(5), Duration::from_hours(1)],
                "mail takes a few minutes, and a mailbox that was left open must not keep a way in",
            ),
            email_change: reader.within(
                "lifetimes.email_change",
                Duration::from_hours(1),
                [Duration::from_mins(5), Duration::from_hours(24)],
                "mail takes a few minutes, and whoever mistyped their address should not wait for a stranger to click",
            ),
        };
        reader.must(
            &["lifetimes.refresh_idle", "lifetimes.refresh_absolute"],
            lifetimes.refresh_idle <= lifetimes.refresh_absolute,
            "lifetimes.refresh_idle must not be longer than lifetimes.refresh_absolute",
        );
        lifetimes
    }
}

/// How much we take.
#[derive(Clone, Debug)]
pub struct Limits {
    /// Attempts per network and minute, at what strangers can reach and we must judge.
    pub network_per_minute: u32,
    /// The longest wait between two guesses at one person's secret, until there have been a hundred.
    pub longest_delay: Duration,
    /// Wrong guesses that one network has free.
    pub network_guesses: u32,
    /// Authorization requests kept as rows at the same time, all clients together.
    pub stored_requests: u32,
    /// Authorization requests that one client may push from one network in a minute.
    pub pushes_per_minute: u32,
    /// Pushed requests of one client that wait for their answer at the same time.
    pub pushed_requests_per_client: u32,
    /// The same of all clients together.
    pub pushed_requests: u32,
    /// Passkeys of one person.
    pub passkeys_per_user: u32,
    /// Clients that one network may register in a day, where anybody may.
    pub registrations_per_network: u32,
    /// Clients that registered themselves, all together.
    pub dynamic_clients: u32,
}

impl Limits {
    pub(super) fn read(reader: &mut Reader) -> Self {
        Self {
            network_per_minute: reader.within(
                "limits.network_per_minute",
                60,
                [5, 100_000],
                "one sign-in takes a few attempts, and an office shares one network",
            ),
            longest_delay: reader.within(
                "limits.longest_delay",
                Duration::from_hours(1),
                [Duration::from_mins(1), Duration::from_hours(24)],
                "a shorter one lets strangers guess on, and a longer one shuts out whoever forgot their password",
            ),
            network_guesses: reader.within(
                "limits.network_guesses",
                30,
                [5, 1_000_000],
                "an office mistypes together, and whoever tries many accounts comes from few networks",
            ),
            stored_requests: reader.within(
                "limits.stored_requests",
                10_000,
                [100, 1_000_000],
                "each takes some KiB of the database until it is over",
            ),
            pushes_per_minute: reader.within(
                "limits.pushes_per_minute",
                600,
                [10, 1_000_000],
                "each is a row of the database, and a public client can be played by anybody",
            ),
            pushed_requests_per_client: reader.within(
                "limits.pushed_requests_per_client",
                5_000,
                [10, 1_000_000],
                "each takes some KiB of the database until it is over, and no client may use up what is for all",
            ),
            pushed_requests: reader.within(
                "limits.pushed_requests",
                20_000,
                [100, 1_000_000],
                "each takes some KiB of the database until it is over",
            ),
            passkeys_per_user: reader.within(
                "limits.passkeys_per_user",
                20,
                [2, 50],
                "everybody should have two, and nobody keeps track of more than a few dozen",
            ),
            registrations_per_network: reader.within(
                "limits.registrations_per_network",
                20,
                [1, 100_000],
                "a developer registers a few, and each takes some KiB of memory and database",
            ),
            dynamic_clients: reader.within("limits.dynamic_clients", 1_000, [1, 100_000], "each takes some KiB of memory on every node"),
        }
    }
}
