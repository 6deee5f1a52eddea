//! End points depend on the seed and the restart's index: not on batches, threads or neighbours.

use crate::{BATCH, Stopwatch, descents, easy, noisy, train, trainer, wide};
use optgap_problem::{Dataset, Instance, Loss, Network, NoWatch, Progress, Restarts, StopReason, TrainOutcome};

#[test]
fn results_depend_on_seed_and_index_alone() {
    let instance = noisy();
    for method in descents() {
        let trainer = trainer(method, "reductions=3");
        let many = train(&*trainer, &instance, 70, None);
        assert_eq!(train(&*trainer, &instance, 70, None), many);
        assert_eq!(train(&*trainer, &instance, 1, None).ends[..], many.ends[..1]);
        assert_eq!(train(&*trainer, &instance, 5, None).ends[..], many.ends[..5]);
        let other = trainer.train(&instance, Restarts { count: 5, seed: 4 }, None, &mut NoWatch).expect("trained");
        assert_ne!(other.ends[..], many.ends[..5]);
    }
}

#[test]
fn results_do_not_depend_on_the_batch_for_larger_data_or_a_single_unit() {
    let rows: Vec<Vec<f64>> = (0..600).map(|i| (1..12).map(|j| f64::from(i * j).sin()).collect()).collect();
    let labels: Vec<f64> = rows.iter().map(|x| x[0] * x[1] + x[2]).collect();
    for (samples, width) in [(600, 4), (30, 1)] {
        let data = Dataset::new(&rows[..samples], labels[..samples].to_vec()).expect("valid");
        let instance = Instance::new(data, Network::dense(width), Loss::Squared).expect("valid");
        for method in descents() {
            let trainer = trainer(method, "steps=60");
            let many = train(&*trainer, &instance, 70, None);
            for count in [1, 2, 7, 40, 65] {
                assert_eq!(train(&*trainer, &instance, count, None).ends[..], many.ends[..count], "{}", method.name);
            }
        }
    }
}

#[test]
fn results_are_the_same_when_threads_train_side_by_side() {
    let instances = [noisy(), easy()];
    for method in descents() {
        let trainer = trainer(method, "steps=400");
        let alone: Vec<TrainOutcome> = instances.iter().map(|instance| train(&*trainer, instance, 20, None)).collect();
        let together: Vec<TrainOutcome> = std::thread::scope(|scope| {
            let handles: Vec<_> = (0..4)
                .map(|thread| {
                    let (trainer, instance) = (&*trainer, &instances[thread % 2]);
                    scope.spawn(move || train(trainer, instance, 20, None))
                })
                .collect();
            handles.into_iter().map(|handle| handle.join().expect("no panic")).collect()
        });
        for (thread, outcome) in together.iter().enumerate() {
            assert_eq!(*outcome, alone[thread % 2], "{}", method.name);
        }
    }
}

#[test]
fn any_number_of_threads_gives_the_same_end_points() {
    let instance = wide();
    for method in descents() {
        let with = |threads: usize| trainer(method, &format!("steps=60,threads={threads}"));
        let alone = train(&*with(1), &instance, 4 * BATCH + 1, None);
        for threads in [2, 5] {
            assert_eq!(train(&*with(threads), &instance, 4 * BATCH + 1, None), alone, "{} on {threads} threads", method.name);
        }
    }
}

#[test]
fn threads_stop_when_the_watch_says_so_and_tell_how_far_they_are() {
    let instance = wide();
    for method in descents() {
        let trainer = trainer(method, "steps=100000000,patience=1000000,threads=2");
        let mut watch = Stopwatch::new(20, StopReason::Interrupted);
        let outcome = trainer.train(&instance, Restarts { count: 300, seed: 3 }, None, &mut watch).expect("trained");
        assert_eq!(outcome.ends.len(), 300);
        assert!(outcome.ends.iter().all(|end| end.stop == StopReason::Interrupted), "{}", method.name);
        // Two batches were on their way; the others had not begun.
        assert!(outcome.ends.iter().filter(|end| end.steps > 0).count() <= 2 * BATCH, "{}", method.name);
        let last = watch.heard.last().expect("progress");
        assert!(matches!(last, Progress::Training { active: 300, best, .. } if best.is_finite()), "{last:?}");
    }
}
