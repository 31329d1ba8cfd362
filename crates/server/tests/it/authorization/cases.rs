//! What is asked, of whom, and what it takes.

use model::Permission;
use serde_json::{Value, json};

use crate::support::sha256;

/// Who may.
#[derive(Clone, Copy)]
pub(crate) enum Needs {
    /// Anybody, for it asks for a secret of its own.
    Nothing,
    /// Whoever has signed in, a program with a token included.
    Anybody,
    /// Whoever has signed in as a person.
    Session,
    /// Whoever may look into the space at all.
    Member,
    /// Members with this permission.
    Has(Permission),
    /// Members with one of these.
    Either(Permission, Permission),
    /// Whoever manages this space, or the one that an album is mirrored into; most who are asked here manage that one.
    EitherSide,
    /// Whoever manages every space, and has just proved who they are.
    Everywhere,
}

pub(crate) struct Case {
    pub(crate) method: &'static str,
    pub(crate) path: &'static str,
    pub(crate) needs: Needs,
    pub(crate) body: fn(&Scene) -> Option<Value>,
    /// What somebody who may is answered here where nothing comes of it: a status, and the end of its type.
    pub(crate) instead: Option<(u16, &'static str)>,
}

impl Case {
    const fn or(self, status: u16, kind: &'static str) -> Self {
        Self { instead: Some((status, kind)), ..self }
    }

    /// Whether the answer is that of somebody who may.
    pub(crate) fn allowed(&self, status: u16, body: &Value) -> bool {
        let kind = body["type"].as_str().and_then(|kind| kind.strip_prefix("/problems/"));
        (200..=299).contains(&status)
            || self.instead.is_some_and(|(other, end)| status == other && kind == Some(end))
    }
}

/// What the placeholders of a path stand for, made anew for each try.
#[derive(Default)]
pub(crate) struct Scene {
    pub(crate) space: String,
    pub(crate) elsewhere: String,
    pub(crate) album: String,
    pub(crate) asset: String,
    pub(crate) version: String,
    /// A member who may be changed.
    pub(crate) guest: String,
    pub(crate) invitation: String,
    /// The asking person's own.
    pub(crate) session: String,
    pub(crate) token: String,
    pub(crate) factor: String,
    pub(crate) upload: String,
    pub(crate) device: String,
    pub(crate) code: String,
    pub(crate) job: String,
    /// Of the asking person's account, or one that they may vouch for.
    pub(crate) recovery: String,
    pub(crate) phrase: String,
    pub(crate) channel: String,
    pub(crate) copy: String,
    pub(crate) drill: String,
    pub(crate) review: String,
    pub(crate) number: u32,
}

fn nothing(_: &Scene) -> Option<Value> {
    None
}

/// The photo, in the body.
#[expect(clippy::unnecessary_wraps, reason = "as every case says its body")]
fn selection(scene: &Scene) -> Option<Value> {
    Some(json!({"assets": [scene.asset]}))
}

/// A review of one point.
#[expect(clippy::unnecessary_wraps, reason = "as every case says its body")]
fn review(_: &Scene) -> Option<Value> {
    Some(
        json!({"title": "Cards", "points": ["Every card is empty"], "every_days": 7, "due_ms": 1_795_399_200_000i64}),
    )
}

pub(crate) const CASES: &[Case] = &[
    case("POST", "/api/v1/setup", Needs::Nothing, |_| {
        Some(json!({"secret": "x", "email": "eve@example.org", "password": "correct horse battery staple"}))
    }),
    case("POST", "/api/v1/session", Needs::Nothing, |_| Some(json!({"email": "a@b.c", "password": "x"}))),
    case("POST", "/api/v1/invitations/accept", Needs::Nothing, |_| {
        Some(json!({"secret": "x", "password": "y"}))
    }),
    case("POST", "/api/v1/recoveries", Needs::Nothing, |_| Some(json!({"email": "a@b.c"}))),
    case("POST", "/api/v1/recoveries/state", Needs::Nothing, |_| Some(json!({"secret": "x"}))),
    case("POST", "/api/v1/recoveries/finish", Needs::Nothing, |_| {
        Some(json!({"secret": "x", "password": "correct horse battery staple"}))
    }),
    case("POST", "/api/v1/recoveries/kit", Needs::Nothing, |_| Some(json!({"email": "a@b.c"}))),
    case("POST", "/api/v1/recoveries/kit/finish", Needs::Nothing, |_| {
        let ceremony = uuid::Uuid::nil();
        Some(json!({"ceremony": ceremony, "answer": "x", "password": "correct horse battery staple"}))
    }),
    case("GET", "/api/v1/session", Needs::Anybody, nothing),
    case("GET", "/api/v1/spaces", Needs::Anybody, nothing),
    case("GET", "/api/v1/albums", Needs::Anybody, nothing),
    // Each finds and lists what is theirs, which has tests of its own.
    case("GET", "/api/v1/search", Needs::Anybody, nothing),
    case("GET", "/api/v1/search/facets", Needs::Anybody, nothing),
    case("GET", "/api/v1/uploads", Needs::Anybody, nothing),
    case("GET", "/api/v1/events", Needs::Anybody, nothing),
    // Of a server, not of a space: who manages any space may look.
    case("GET", "/api/v1/status", Needs::EitherSide, nothing),
    // The same; the library is a copy that everybody here has, and nobody can run it.
    case("GET", "/api/v1/copies", Needs::EitherSide, nothing),
    case("PUT", "/api/v1/copies/{copy}/care", Needs::Everywhere, |_| {
        Some(json!({"every_minutes": 60, "scrub_days": 90}))
    }),
    case("POST", "/api/v1/copies/{copy}/run", Needs::EitherSide, nothing).or(400, "invalid"),
    case("GET", "/api/v1/damage", Needs::EitherSide, nothing),
    case("GET", "/api/v1/alerts", Needs::EitherSide, nothing),
    case("GET", "/api/v1/drills", Needs::EitherSide, nothing),
    case("POST", "/api/v1/drills", Needs::EitherSide, |_| {
        Some(json!({"copy": "library", "scope": "sample"}))
    })
    .or(400, "invalid"),
    // Reports name photos of every space.
    case("GET", "/api/v1/drills/{drill}", Needs::Has(Permission::Manage), nothing),
    case("GET", "/api/v1/reviews", Needs::EitherSide, nothing),
    case("POST", "/api/v1/reviews", Needs::EitherSide, review),
    case("PUT", "/api/v1/reviews/{review}", Needs::EitherSide, review),
    case("DELETE", "/api/v1/reviews/{review}", Needs::EitherSide, nothing),
    case("POST", "/api/v1/reviews/{review}/done", Needs::EitherSide, |_| {
        Some(json!({"passed": true, "ticked": [true]}))
    }),
    case("GET", "/api/v1/spaces/{space}/coverage", Needs::Has(Permission::View), nothing),
    case("GET", "/api/v1/spaces/{space}/at-risk", Needs::Has(Permission::View), nothing),
    case("PUT", "/api/v1/spaces/{space}/rule", Needs::Has(Permission::Manage), |_| {
        Some(json!({"copies": 3, "media": 2, "offsite": 1, "proof_days": 100}))
    }),
    // A program gives back the token that it comes with, which has a test of its own.
    case("DELETE", "/api/v1/session", Needs::Session, nothing),
    case("POST", "/api/v1/pairings", Needs::Nothing, |_| Some(json!({"name": "program"}))),
    case("POST", "/api/v1/pairings/collect", Needs::Nothing, |_| Some(json!({"secret": "x"}))),
    case("GET", "/api/v1/pairings/{code}", Needs::Session, nothing),
    case("POST", "/api/v1/pairings/{code}/approve", Needs::Session, |_| {
        Some(json!({"permissions": ["view"]}))
    }),
    case("POST", "/api/v1/pairings/{code}/refuse", Needs::Session, nothing),
    // Each finds and adds their own; a program reports for the device that it is, which has a test of its own.
    case("GET", "/api/v1/devices", Needs::Anybody, nothing),
    case("POST", "/api/v1/devices", Needs::Anybody, |_| Some(json!({"name": "phone", "kind": "phone"}))),
    case("PUT", "/api/v1/devices/{device}/report", Needs::Session, |_| Some(json!({"waiting": 3}))),
    case("DELETE", "/api/v1/devices/{device}", Needs::Session, nothing),
    case("GET", "/api/v1/activity?space={space}", Needs::Has(Permission::Manage), nothing),
    case("GET", "/api/v1/activity/check", Needs::EitherSide, nothing),
    case("GET", "/api/v1/jobs", Needs::EitherSide, nothing),
    case("POST", "/api/v1/jobs/{job}/again", Needs::Has(Permission::Manage), nothing),
    case("POST", "/api/v1/session/proof", Needs::Session, |_| {
        Some(json!({"password": "correct horse battery staple"}))
    }),
    case("GET", "/api/v1/sessions", Needs::Session, nothing),
    case("DELETE", "/api/v1/sessions/{session}", Needs::Session, nothing),
    case("PUT", "/api/v1/me/password", Needs::Session, |_| {
        Some(json!({"password": "correct horse battery staple"}))
    }),
    // Nobody here has a passkey; what is answered then comes after who asks.
    case("DELETE", "/api/v1/me/password", Needs::Session, nothing).or(409, "no-passkey"),
    case("POST", "/api/v1/passkeys", Needs::Session, |_| Some(json!({"name": "phone"}))),
    case("POST", "/api/v1/passkeys/{ceremony}/confirm", Needs::Session, |_| Some(json!({"credential": {}})))
        .or(400, "invalid"),
    case("POST", "/api/v1/session/passkey", Needs::Nothing, |_| Some(json!({}))),
    case("POST", "/api/v1/session/passkey/{ceremony}", Needs::Nothing, |_| Some(json!({"credential": {}}))),
    case("GET", "/api/v1/tokens", Needs::Session, nothing),
    case("POST", "/api/v1/tokens", Needs::Session, |_| Some(json!({"name": "t", "permissions": ["view"]}))),
    case("DELETE", "/api/v1/tokens/{token}", Needs::Session, nothing),
    case("GET", "/api/v1/factors", Needs::Session, nothing),
    case("POST", "/api/v1/factors/totp", Needs::Session, |_| Some(json!({"name": "phone"}))),
    // A wrong code is a wrong request, of whoever may make one.
    case("POST", "/api/v1/factors/totp/{factor}/confirm", Needs::Session, |_| {
        Some(json!({"code": "000000"}))
    })
    .or(400, "second-factor-failed"),
    case("DELETE", "/api/v1/factors/{factor}", Needs::Session, nothing),
    case("POST", "/api/v1/recovery-codes", Needs::Session, nothing),
    case("GET", "/api/v1/contacts", Needs::Session, nothing),
    case("PUT", "/api/v1/contacts", Needs::Session, |_| Some(json!({"emails": [], "needed": 0}))),
    // Of one's own account, and of those that one may vouch for; other people's have tests of their own.
    case("GET", "/api/v1/recoveries", Needs::Session, nothing),
    case("POST", "/api/v1/recoveries/{recovery}/vouch", Needs::Session, |scene| {
        Some(json!({"phrase": scene.phrase}))
    }),
    case("DELETE", "/api/v1/recoveries/{recovery}/vouch", Needs::Session, nothing),
    case("POST", "/api/v1/recoveries/{recovery}/veto", Needs::Session, nothing),
    case("GET", "/api/v1/notices", Needs::Session, nothing),
    case("POST", "/api/v1/notices/seen", Needs::Session, |_| Some(json!({"until": uuid::Uuid::nil()}))),
    case("GET", "/api/v1/channels", Needs::Session, nothing),
    // This server sends no e-mail, and a wrong code is a wrong request, of whoever may make one.
    case("POST", "/api/v1/channels", Needs::Session, |_| {
        Some(json!({"kind": "email", "address": "eve@example.org"}))
    })
    .or(400, "invalid"),
    case("POST", "/api/v1/channels/{channel}/confirm", Needs::Session, |_| Some(json!({"code": "wrong"})))
        .or(400, "invalid"),
    case("POST", "/api/v1/channels/{channel}/test", Needs::Session, nothing),
    case("PATCH", "/api/v1/channels/{channel}", Needs::Session, |_| Some(json!({"kinds": []}))),
    case("DELETE", "/api/v1/channels/{channel}", Needs::Session, nothing),
    // Who may make spaces is a rule of its own, and has a test of its own.
    case("POST", "/api/v1/spaces", Needs::Nothing, |_| Some(json!({"name": ""}))),
    case("GET", "/api/v1/spaces/{space}", Needs::Member, nothing),
    case("PATCH", "/api/v1/spaces/{space}", Needs::Has(Permission::Manage), |_| Some(json!({"quota": 0}))),
    case("GET", "/api/v1/spaces/{space}/members", Needs::Member, nothing),
    case("PUT", "/api/v1/spaces/{space}/members/{guest}", Needs::Has(Permission::Manage), |_| {
        Some(json!({"role": "viewer"}))
    }),
    case("DELETE", "/api/v1/spaces/{space}/members/{guest}", Needs::Has(Permission::Manage), nothing),
    case("GET", "/api/v1/spaces/{space}/invitations", Needs::Has(Permission::Manage), nothing),
    case("POST", "/api/v1/spaces/{space}/invitations", Needs::Has(Permission::Manage), |_| {
        Some(json!({"email": "new@example.org", "role": "viewer"}))
    }),
    case(
        "DELETE",
        "/api/v1/spaces/{space}/invitations/{invitation}",
        Needs::Has(Permission::Manage),
        nothing,
    ),
    case("GET", "/api/v1/spaces/{space}/albums", Needs::Member, nothing),
    case("POST", "/api/v1/spaces/{space}/albums", Needs::Has(Permission::Organise), |scene| {
        Some(json!({"name": format!("made {}", scene.number)}))
    }),
    case("GET", "/api/v1/albums/{album}", Needs::Either(Permission::View, Permission::Upload), nothing),
    case("PATCH", "/api/v1/albums/{album}", Needs::Has(Permission::Organise), |_| {
        Some(json!({"name": "other"}))
    }),
    case("DELETE", "/api/v1/albums/{album}", Needs::Has(Permission::Delete), nothing),
    case("POST", "/api/v1/albums/{album}/undelete", Needs::Has(Permission::Delete), nothing),
    case("GET", "/api/v1/albums/{album}/openings", Needs::Has(Permission::Manage), nothing),
    case("POST", "/api/v1/albums/{album}/grants", Needs::Has(Permission::Manage), |_| {
        Some(json!({"email": "outsider@example.org", "permissions": ["view"]}))
    }),
    case("DELETE", "/api/v1/albums/{album}/grants/{guest}", Needs::Has(Permission::Manage), nothing),
    case("POST", "/api/v1/albums/{album}/mirrors", Needs::Has(Permission::Manage), |scene| {
        Some(json!({"space": scene.elsewhere}))
    }),
    case("DELETE", "/api/v1/albums/{album}/mirrors/{elsewhere}", Needs::EitherSide, nothing),
    case("GET", "/api/v1/spaces/{space}/assets", Needs::Has(Permission::View), nothing),
    case("GET", "/api/v1/spaces/{space}/months", Needs::Has(Permission::View), nothing),
    case("GET", "/api/v1/albums/{album}/assets", Needs::Has(Permission::View), nothing),
    case("GET", "/api/v1/assets/{asset}", Needs::Has(Permission::View), nothing),
    case("PATCH", "/api/v1/assets/{asset}", Needs::Has(Permission::Organise), |_| {
        Some(json!({"title": "t"}))
    }),
    case("DELETE", "/api/v1/assets/{asset}", Needs::Has(Permission::Delete), nothing),
    case("POST", "/api/v1/assets/{asset}/undelete", Needs::Has(Permission::Delete), nothing),
    case("GET", "/api/v1/assets/{asset}/copies", Needs::Has(Permission::View), nothing),
    case(
        "POST",
        "/api/v1/assets/{asset}/versions/{version}/restore",
        Needs::Has(Permission::Organise),
        nothing,
    ),
    case("GET", "/api/v1/spaces/{space}/trash", Needs::Has(Permission::Delete), nothing),
    case("POST", "/api/v1/trash?{asset}", Needs::Has(Permission::Delete), selection),
    case("POST", "/api/v1/trash/undelete?{asset}", Needs::Has(Permission::Delete), selection),
    case("PUT", "/api/v1/albums/{album}/assets/{asset}", Needs::Has(Permission::Organise), nothing),
    case("DELETE", "/api/v1/albums/{album}/assets/{asset}", Needs::Has(Permission::Organise), nothing),
    case("POST", "/api/v1/albums/{album}/assets?{asset}", Needs::Has(Permission::Organise), selection),
    case("POST", "/api/v1/albums/{album}/assets/remove?{asset}", Needs::Has(Permission::Organise), selection),
    case("GET", "/api/v1/spaces/{space}/waiting", Needs::Has(Permission::View), nothing),
    case("POST", "/api/v1/assets/{asset}/approve", Needs::Has(Permission::Approve), nothing),
    case("POST", "/api/v1/assets/{asset}/decline", Needs::Has(Permission::Approve), |_| Some(json!({}))),
    case("POST", "/api/v1/approvals?{asset}", Needs::Has(Permission::Approve), selection),
    case("POST", "/api/v1/approvals/decline?{asset}", Needs::Has(Permission::Approve), selection),
    case("GET", "/api/v1/assets/{asset}/renditions/thumbnail", Needs::Has(Permission::View), nothing)
        .or(404, "no-rendition"),
    case("GET", "/api/v1/assets/{asset}/versions/{version}", Needs::Has(Permission::Download), nothing),
    case("GET", "/api/v1/spaces/{space}/changes", Needs::Has(Permission::View), nothing),
    case("PUT", "/api/v1/spaces/{space}/files", Needs::Has(Permission::Upload), nothing),
    case("POST", "/api/v1/spaces/{space}/files/known", Needs::Has(Permission::Upload), |scene| {
        let sha256 = sha256(b"nobody has these");
        Some(json!({"name": format!("{}.jpg", scene.number), "sha256": sha256, "size": 16}))
    })
    .or(404, "content-unknown"),
    case("POST", "/api/v1/spaces/{space}/files/check", Needs::Has(Permission::Upload), |_| {
        Some(json!({"sha256": []}))
    }),
    case("OPTIONS", "/api/v1/spaces/{space}/uploads", Needs::Nothing, nothing),
    case("POST", "/api/v1/spaces/{space}/uploads", Needs::Has(Permission::Upload), nothing),
    // Their own, begun when they might; other people's are none of theirs, which has a test of its own.
    case("HEAD", "/api/v1/uploads/{upload}", Needs::Has(Permission::Upload), nothing),
    case("PATCH", "/api/v1/uploads/{upload}", Needs::Has(Permission::Upload), nothing),
    case("POST", "/api/v1/uploads/{upload}", Needs::Has(Permission::Upload), nothing),
    case("DELETE", "/api/v1/uploads/{upload}", Needs::Has(Permission::Upload), nothing),
];

const fn case(
    method: &'static str,
    path: &'static str,
    needs: Needs,
    body: fn(&Scene) -> Option<Value>,
) -> Case {
    Case { method, path, needs, body, instead: None }
}

/// What asks for a recent proof.
pub(crate) const PROVED: &[(&str, &str)] = &[
    ("PUT", "/api/v1/copies/{copy}/care"),
    ("DELETE", "/api/v1/reviews/{review}"),
    ("POST", "/api/v1/pairings/{code}/approve"),
    ("PUT", "/api/v1/me/password"),
    ("DELETE", "/api/v1/me/password"),
    ("POST", "/api/v1/passkeys"),
    ("POST", "/api/v1/tokens"),
    ("POST", "/api/v1/factors/totp"),
    ("POST", "/api/v1/factors/totp/{factor}/confirm"),
    ("DELETE", "/api/v1/factors/{factor}"),
    ("POST", "/api/v1/recovery-codes"),
    ("PUT", "/api/v1/contacts"),
    ("POST", "/api/v1/recoveries/{recovery}/vouch"),
    ("POST", "/api/v1/channels"),
    ("PATCH", "/api/v1/channels/{channel}"),
    ("DELETE", "/api/v1/channels/{channel}"),
    ("PUT", "/api/v1/spaces/{space}/members/{guest}"),
    ("DELETE", "/api/v1/spaces/{space}/members/{guest}"),
    ("POST", "/api/v1/spaces/{space}/invitations"),
    ("POST", "/api/v1/albums/{album}/grants"),
    ("POST", "/api/v1/albums/{album}/mirrors"),
];
