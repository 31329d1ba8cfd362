//! Who brought a photo, as far as who asks may know: people are called as the members of a space see each other, and
//! whoever is no member of it learns no name by asking.

use std::collections::HashMap;

use catalog::{Term, Tx};
use model::{PersonId, Result, SpaceId};

use super::facts;
use super::words::words;
use crate::access::{Access, Actor};
use crate::members::{MemberView, seen};

/// The people whom an actor sees in spaces that they look into.
pub(super) struct People(HashMap<(SpaceId, PersonId), MemberView>);

impl People {
    /// Those of these spaces.
    pub(super) async fn of(tx: &mut Tx, actor: &Actor, spaces: &[SpaceId]) -> Result<Self> {
        let mut people = HashMap::new();
        for space in spaces {
            let right = Access::new(tx, actor).space(*space).await?;
            for mut view in seen(tx, &right).await? {
                if view.member.person_id == actor.person().id {
                    view.email = Some(actor.person().email.clone());
                }
                people.insert((*space, view.member.person_id), view);
            }
        }
        Ok(Self(people))
    }

    /// What somebody is called in a space, if they are seen there.
    pub(super) fn name(&self, space: SpaceId, person: PersonId) -> Option<&str> {
        self.0.get(&(space, person)).map(|view| view.name.as_str())
    }

    /// What to look for to find what somebody brought who is called so: words that their name has or that begin them, or
    /// their address where it is seen. There is always something, and where nobody is meant, nothing has it.
    pub(super) fn terms(&self, called: &str) -> Vec<Term> {
        let wanted = words(called);
        let address = called.trim().to_lowercase();
        let meant = |view: &MemberView| {
            let name = words(&view.name);
            let named = wanted.iter().all(|word| name.iter().any(|own| own.starts_with(word)));
            named || view.email.as_deref() == Some(address.as_str())
        };
        let found = self.0.iter().filter(|(_, view)| meant(view));
        let mut terms: Vec<Term> =
            found.map(|((space, person), _)| Term::Fact(facts::by(*space, *person))).collect();
        if terms.is_empty() {
            terms.push(Term::Fact(facts::nobody()));
        }
        terms
    }
}
