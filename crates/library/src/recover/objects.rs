//! The objects of a library that is being recovered, each proved before it is believed.

use std::collections::HashSet;
use std::sync::Arc;

use catalog::Replica;
use model::{Error, ErrorKind, ObjectId, ProvedBy, ReplicaState, Result};
use vault::Store;

use super::RecoverReport;
use crate::copies::{PAGE, fetch_object, lots};
use crate::workers::{Workers, streams};
use crate::{Cancel, Library, Progress, Stage};

/// Brings every object back that the library does not hold yet; what was read and is right is proved in the copy too.
pub(super) async fn bring_objects(
    library: &Arc<Library>,
    source: &Arc<dyn Store>,
    source_id: Option<model::StoreId>,
    from_url: &str,
    report: &mut RecoverReport,
    progress: &Arc<dyn Progress>,
    cancel: &Cancel,
) -> Result<()> {
    let own = library.library_copy().await?;
    let helper = library.copies_in_use().await?.into_iter().find(|copy| Some(copy.store_id) == source_id);
    if let Some(copy) = helper.clone().filter(|copy| copy.url.as_deref() != Some(from_url)) {
        // The disk is mounted somewhere else on this machine.
        let mut tx = library.catalog.begin().await?;
        tx.copy_update(&catalog::Copy { url: Some(from_url.to_owned()), ..copy }).await?;
        tx.commit().await?;
    }
    let (files, bytes) = library.catalog.read().await?.replica_missing_count(own.id).await?;
    report.objects = library.catalog.read().await?.object_count().await?.saturating_sub(files);
    progress.begin(Stage::Recovering, Some(files), Some(bytes));
    let (from, to, stop) = (Arc::clone(source), Arc::clone(&library.store), cancel.clone());
    let (workers, mut outcomes) = Workers::start(streams(), PAGE, move |object: catalog::Object| {
        let fetched = stop.check().and_then(|()| Ok(fetch_object(&*from, &*to, &object)?));
        (object, fetched)
    })?;
    let mut missing = Vec::new();
    let mut after: Option<ObjectId> = None;
    while !cancel.is_cancelled() {
        let page = library.catalog.read().await?.replica_missing_from(own.id, after, PAGE).await?;
        let Some(last) = page.last() else { break };
        after = Some(last.id);
        for lot in lots(page) {
            let mut drafts = Vec::new();
            let mut objects = Vec::new();
            let mut fatal = None;
            workers
                .run(&mut outcomes, lot, |(object, fetched)| {
                    progress.advance(1, object.size);
                    match fetched {
                        Ok(draft) => {
                            drafts.push(draft);
                            objects.push(object);
                        }
                        Err(error) if error.kind() == ErrorKind::NotFound => {
                            missing.push((object.id, object.hash, "the copy does not hold it".to_owned()));
                        }
                        Err(error) if error.kind() == ErrorKind::Damaged => {
                            missing.push((object.id, object.hash, error.message().to_owned()));
                        }
                        Err(error) if error.kind() == ErrorKind::Interrupted => {}
                        // What did not answer now may answer later: that is no loss, and the recovery is not finished.
                        Err(error) => drop(fatal.get_or_insert(error)),
                    }
                })
                .await?;
            if let Some(error) = fatal {
                return Err(error.context("the recovery stopped; run it again, it goes on"));
            }
            let to = Arc::clone(&library.store);
            let stored = tokio::task::spawn_blocking(move || to.create_many(drafts)).await;
            for outcome in
                stored.map_err(|error| Error::internal("storing ended early").with_source(error))?
            {
                outcome.map_err(|error| error.context("the recovery stopped; run it again, it goes on"))?;
            }
            let now = library.clock.now();
            let (mut written, mut read) = (Vec::new(), Vec::new());
            for object in &objects {
                report.objects += 1;
                report.bytes += object.size;
                for copy in std::iter::once(&own).chain(helper.as_ref()) {
                    let is_read = copy.id != own.id;
                    let states = if is_read { &mut read } else { &mut written };
                    states.push(Replica {
                        copy_id: copy.id,
                        object_id: object.id,
                        state: ReplicaState::Held,
                        stored_at: now,
                        proved_at: is_read.then_some(now),
                        proved_by: is_read.then_some(ProvedBy::Recovery),
                        note: None,
                    });
                }
            }
            let mut tx = library.catalog.begin().await?;
            // The library's own were written and not read: a scrub takes them first.
            tx.replica_set_states(&written, None).await?;
            tx.replica_set_states(&read, Some(now)).await?;
            tx.commit().await?;
        }
    }
    // What is nowhere now is on record as missing, so that healing from another copy brings it back.
    let now = library.clock.now();
    let absent = missing.iter().map(|(object_id, hash, problem)| {
        let seen = Replica {
            copy_id: own.id,
            object_id: *object_id,
            state: ReplicaState::Missing,
            stored_at: now,
            proved_at: None,
            proved_by: None,
            note: Some(problem.clone()),
        };
        (seen, *hash)
    });
    library.put_on_record(absent.collect(), None).await?;
    report.missing = library.findings(missing).await?;
    progress.end();
    Ok(())
}

/// How many objects the copy holds that the catalog does not know.
pub(super) async fn unnamed(library: &Arc<Library>, source: &Arc<dyn Store>) -> Result<u64> {
    let mut known = HashSet::new();
    let mut after = None;
    loop {
        let page = library.catalog.read().await?.object_page(after, 10_000).await?;
        let Some(last) = page.last() else { break };
        after = Some(last.id);
        known.extend(page.iter().map(|object| object.hash));
    }
    let source = Arc::clone(source);
    let listed = tokio::task::spawn_blocking(move || {
        let mut unnamed = 0;
        source.list("objects", &mut |entry| {
            unnamed += u64::from(entry.path.object_hash().is_some_and(|hash| !known.contains(&hash)));
            Ok(())
        })?;
        Ok(unnamed)
    });
    listed.await.map_err(|error| Error::internal("listing ended early").with_source(error))?
}
