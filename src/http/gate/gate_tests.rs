use futures_util::FutureExt as _;

use super::*;

fn gate(most: usize) -> Arc<Gate> {
    gate_of(most, most)
}

fn gate_of(least: usize, most: usize) -> Arc<Gate> {
    let batch_clients = BTreeSet::new();
    Arc::new(Gate::new(GateSettings { least, most, most_memory: None, batch_clients }))
}

fn claim(lane: Lane, tenant: u64) -> Claim {
    Claim { lane, tenant: Tenant(tenant) }
}

/// Fills a gate of sixteen slots: of two tenants, for of one a quarter would be kept.
async fn full(gate: &Arc<Gate>) -> Vec<Pass> {
    let mut passes = Vec::new();
    for tenant in 0..16 {
        passes.push(gate.enter(claim(Lane::Interactive, 100 + tenant % 2)).await.unwrap());
    }
    passes
}

#[tokio::test(start_paused = true)]
async fn a_rush_waits_and_a_flood_is_turned_away_soon() {
    let gate = gate(16);
    let mut passes = full(&gate).await;
    let started = Instant::now();
    assert!(gate.enter(claim(Lane::Interactive, 1)).await.is_err());
    assert!((PATIENCE..PATIENCE + Duration::from_millis(3)).contains(&started.elapsed()));
    let waiting = |lane| {
        let gate = gate.clone();
        tokio::spawn(async move { gate.enter(claim(lane, 3)).await.is_ok() })
    };
    while let Some(Ok(pass)) = gate.enter(claim(Lane::Emergency, 3)).now_or_never() {
        passes.push(pass);
    }
    let (one, emergency) = (waiting(Lane::Interactive), waiting(Lane::Emergency));
    tokio::task::yield_now().await;
    // Many come and nobody goes, for a while.
    for _ in 0..4 {
        for _ in 0..40 {
            let _ = gate.enter(claim(Lane::Interactive, 1)).now_or_never();
        }
        tokio::time::advance(Duration::from_millis(100)).await;
    }
    let started = Instant::now();
    assert!(!one.await.unwrap(), "whoever waited goes");
    assert_eq!(started.elapsed(), Duration::ZERO);
    assert!(gate.enter(claim(Lane::Interactive, 1)).await.is_err());
    assert!(started.elapsed() <= IN_A_FLOOD + Duration::from_millis(2));
    passes.pop();
    assert!(emergency.await.unwrap(), "the emergency had its turn");
    drop(passes);
    assert_eq!(gate.standing().under_way, 0);
    assert!(gate.figures().lane(Lane::Interactive).shed.get() >= 2);
}

#[tokio::test(start_paused = true)]
async fn while_nothing_is_late_there_is_soon_room_for_a_rush() {
    let gate = gate_of(16, 1_024);
    let keeping = tokio::spawn(gate.clone().keep());
    let entering = (0..1_000).map(|tenant| gate.enter(claim(Lane::Interactive, tenant)));
    let passes = futures_util::future::join_all(entering).await;
    assert!(passes.iter().all(Result::is_ok), "nobody left, and all found room");
    keeping.abort();
}

#[tokio::test(start_paused = true)]
async fn whoever_goes_away_while_waiting_or_just_when_it_was_their_turn_takes_no_slot_along() {
    let gate = gate(16);
    let mut passes = full(&gate).await;
    let mut waiting = Box::pin(gate.enter(claim(Lane::Interactive, 1)));
    assert!(waiting.as_mut().now_or_never().is_none());
    drop(waiting);
    assert_eq!(gate.standing().waiting, 0);
    let mut waiting = Box::pin(gate.enter(claim(Lane::Interactive, 1)));
    assert!(waiting.as_mut().now_or_never().is_none());
    passes.pop();
    assert_eq!(gate.standing().under_way, 16, "it was given the turn");
    drop(waiting);
    assert_eq!(gate.standing().under_way, 15);
    drop(passes);
    assert_eq!(gate.standing(), GateStanding { under_way: 0, limit: 16, waiting: 0 });
}

#[tokio::test(start_paused = true)]
async fn whoever_is_pushed_out_is_told_at_once() {
    let gate = gate(16);
    let passes = full(&gate).await;
    let batch: Vec<_> = (0..1_024)
        .map(|_| {
            let gate = gate.clone();
            tokio::spawn(async move { gate.enter(claim(Lane::Batch, 1)).await.is_ok() })
        })
        .collect();
    while gate.standing().waiting < 1_024 {
        tokio::task::yield_now().await;
    }
    let started = Instant::now();
    let mut first = Box::pin(gate.enter(claim(Lane::Interactive, 1)));
    assert!(first.as_mut().now_or_never().is_none());
    while batch.iter().all(|task| !task.is_finished()) {
        tokio::task::yield_now().await;
    }
    assert_eq!(started.elapsed(), Duration::ZERO);
    drop(passes);
    assert!(first.await.is_ok());
    let mut entered = 0;
    for task in batch {
        entered += usize::from(task.await.unwrap());
    }
    assert_eq!(entered, 1_023);
    assert_eq!(gate.standing().under_way, 0);
}

#[tokio::test]
async fn chance_and_many_threads_leave_the_gate_as_it_was() {
    let gate = gate(8);
    let tasks: Vec<_> = (0..400_u64)
        .map(|number| {
            let gate = gate.clone();
            tokio::spawn(async move {
                let lane = Lane::ALL[usize::try_from(number % 4).unwrap()];
                let wait = Duration::from_micros(number % 7 * 300);
                let entering = gate.enter(claim(lane, number % 5));
                if let Ok(Ok(pass)) = tokio::time::timeout(wait, entering).await {
                    tokio::time::sleep(Duration::from_micros(number % 11 * 100)).await;
                    pass.answered(Duration::from_millis(1));
                }
            })
        })
        .collect();
    for task in tasks {
        task.await.unwrap();
    }
    let standing = gate.standing();
    assert_eq!((standing.under_way, standing.waiting), (0, 0));
    assert!(gate.state().turns.is_empty());
}
