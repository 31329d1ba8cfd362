//! What others chose is told so that it cannot play tricks: on a terminal, in a mail program, or on who reads it.

use std::net::{IpAddr, Ipv6Addr};

/// Characters of a name in a notice.
const LONGEST: usize = 80;

/// One line of text that ends no line, hides nothing, reverses nothing, opens no tag and is no link.
pub(crate) fn plain(text: &str) -> String {
    plain_to(text, LONGEST)
}

/// As [`plain`], of up to so many characters.
pub(crate) fn plain_to(text: &str, longest: usize) -> String {
    let mut out = String::new();
    let mut count = 0;
    for c in text.trim().chars() {
        let c = match c {
            '<' => '‹',
            '>' => '›',
            c if c.is_control() || c.is_whitespace() => ' ',
            c if unseen(c) => continue,
            c => c,
        };
        if c == ' ' && out.ends_with(' ') {
            continue;
        }
        if count == longest {
            out.push('…');
            break;
        }
        out.push(c);
        count += 1;
    }
    // Mail programs make links of these, and a link in a warning is what people click on.
    out.replace("://", ": ").replace("www.", "www ").trim().to_owned()
}

/// What takes no room, or changes the direction of what is around it.
fn unseen(c: char) -> bool {
    matches!(c, '\u{ad}' | '\u{61c}' | '\u{180e}' | '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}'
        | '\u{2060}'..='\u{206f}' | '\u{feff}' | '\u{fff9}'..='\u{fffb}' | '\u{e0000}'..='\u{e007f}')
}

/// A name, between marks that say where it ends.
pub(crate) fn quoted(text: &str) -> String {
    format!("‘{}’", plain(text).replace(['‘', '’'], "'"))
}

/// What somebody said, in a sentence or a few, between such marks.
pub(crate) fn said(text: &str) -> String {
    format!("‘{}’", plain_to(text, 500).replace(['‘', '’'], "'"))
}

/// A browser or program in words of our own: what it says of itself is whatever somebody who was not let in yet likes.
pub(crate) fn device(agent: &str) -> String {
    let find = |words: &[(&str, &'static str)]| {
        words.iter().find(|(mark, _)| agent.contains(mark)).map(|(_, name)| *name)
    };
    let program = find(&[
        ("ourphoto/", "OurPhoto"),
        ("Edg", "Edge"),
        ("OPR/", "Opera"),
        ("SamsungBrowser/", "Samsung Internet"),
        ("Firefox/", "Firefox"),
        ("FxiOS/", "Firefox"),
        ("CriOS/", "Chrome"),
        ("Chrome/", "Chrome"),
        ("Safari/", "Safari"),
    ]);
    let system = find(&[
        ("Windows", "Windows"),
        ("Android", "Android"),
        ("iPhone", "iPhone"),
        ("iPad", "iPad"),
        ("Mac OS X", "macOS"),
        ("CrOS", "ChromeOS"),
        ("Linux", "Linux"),
    ]);
    let first: String =
        agent.chars().take_while(|c| c.is_ascii_alphanumeric() || matches!(c, '-' | '_')).take(32).collect();
    match (program, system) {
        (Some(program), Some(system)) => format!("{program} on {system}"),
        (Some(program), None) => program.to_owned(),
        (None, Some(system)) => format!("a program on {system}"),
        (None, None) if first.is_empty() => "an unknown program".to_owned(),
        (None, None) => format!("the program ‘{first}’"),
    }
}

/// A network address, if it is one.
pub(crate) fn network(text: &str) -> Option<IpAddr> {
    text.parse().ok()
}

/// What one party commonly has: an IPv4 address, or a /64 of IPv6.
pub(crate) fn party(text: &str) -> Option<IpAddr> {
    network(text).map(|address| match address.to_canonical() {
        IpAddr::V6(address) => Ipv6Addr::from_bits(address.to_bits() & !u128::from(u64::MAX)).into(),
        address @ IpAddr::V4(_) => address,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_cannot_play_tricks_in_a_message() {
        for (hostile, told) in [
            ("Beach\r\nBcc: eve@evil.example", "Beach Bcc: eve@evil.example"),
            ("a\u{202e}gpj.exe\u{2066}\u{200b}", "agpj.exe"),
            ("<img src=x onerror=alert(1)>", "‹img src=x onerror=alert(1)›"),
            ("line\u{2028}other\u{85}third\0", "line other third"),
            ("pay at https://evil.example now", "pay at https: evil.example now"),
            ("  \t ", ""),
        ] {
            assert_eq!(plain(hostile), told);
        }
        assert_eq!(plain(&"x".repeat(500)).chars().count(), LONGEST + 1);
        assert_eq!(quoted("it’s mine’, says the server"), "‘it's mine', says the server’");
    }

    #[test]
    fn programs_are_told_in_our_own_words() {
        let firefox = "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0";
        assert_eq!(device(firefox), "Firefox on Linux");
        let safari =
            "Mozilla/5.0 (iPhone; CPU iPhone OS 18_0 like Mac OS X) Version/18.0 Mobile/15E148 Safari/604.1";
        assert_eq!(device(safari), "Safari on iPhone");
        assert_eq!(device("curl/8.5.0"), "the program ‘curl’");
        assert_eq!(device(""), "an unknown program");
        assert_eq!(device("https://evil.example/confirm"), "the program ‘https’");
    }

    #[test]
    fn a_household_is_one_party_whatever_address_it_takes_today() {
        assert_eq!(party("2001:db8:1:2:aaaa::1"), party("2001:db8:1:2:bbbb::2"));
        assert_ne!(party("2001:db8:1:2::1"), party("2001:db8:1:3::1"));
        assert_ne!(party("203.0.113.1"), party("203.0.113.2"));
        assert_eq!(party("nonsense"), None);
    }
}
