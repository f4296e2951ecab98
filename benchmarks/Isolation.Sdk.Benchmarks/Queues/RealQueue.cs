using System.Diagnostics;
using Isolation.Sdk.Git;
using Isolation.Sdk.IO;
using Isolation.Sdk.Merging;
using Isolation.Sdk.Sandbox;
using Microsoft.Extensions.Logging.Abstractions;

namespace Isolation.Sdk.Benchmarks.Queues;

/// <summary>What a queue did with its items, from the moment it was let go until the last of them was at its
/// end.</summary>
internal sealed record RealRun(
    Cost Cost,
    int Landed,
    int Gates,
    int Git,
    int Landings,
    int GitOfLandings,
    double LandingMs
);

/// <summary>A real queue, on a copy of the repository of its own.</summary>
internal sealed class RealQueue(RealItems items, Scratch scratch)
{
    private const string Target = "refs/heads/landing";

    public async Task<RealRun> RunAsync(
        MergeQueueOptions options,
        bool[] bad,
        MergePreset preset = MergePreset.Refinery
    )
    {
        string path = scratch.At("queue/repository");
        Directory.CreateDirectory(scratch.At("queue"));
        await items.CopyAsync(path);
        GitRepository repository = await GitOpener.OpenAsync(path);
        WorkersDirectory folder = WorkersDirectory.Beside(repository.CommonDirectory);
        int gates = 0,
            landings = 0,
            processes = 0,
            before = 0;
        long begun = 0;
        double landing = 0;
        QueueContext context = new(
            new QueueLayout(repository, Target),
            new MergePolicy(preset, options),
            new ProcessSandbox(new ProcessSandboxOptions(), workers: folder),
            folder,
            TimeProvider.System,
            NullLogger.Instance
        )
        {
            Faults = new FaultPoints(step =>
            {
                switch (Enum.Parse<QueueStep>(step))
                {
                    // Once for the plan and once for the gate's own start.
                    case QueueStep.MidGate or QueueStep.MidConfirm:
                        Interlocked.Increment(ref gates);
                        break;
                    case QueueStep.BeforeIntent:
                        (before, begun) = (repository.Client.StartedProcesses, Stopwatch.GetTimestamp());
                        break;
                    case QueueStep.AfterBookkeeping:
                        landings++;
                        processes += repository.Client.StartedProcesses - before;
                        landing += Stopwatch.GetElapsedTime(begun).TotalMilliseconds;
                        break;
                }
            }),
        };
        MergeStatus[] ends = [];
        Cost cost;
        int started;
        await using (MergeQueue queue = await MergeQueue.OpenAsync(context, CancellationToken.None))
        {
            await queue.PauseAsync("until all are there");
            for (int i = 0; i < bad.Length; i++)
            {
                await queue.SubmitAsync(new MergeRequest(Attempt(i), items.Of(i, bad[i])));
            }

            Task<MergeStatus>[] ending = [.. bad.Select((_, i) => EndAsync(queue, Attempt(i)))];
            started = repository.Client.StartedProcesses;
            cost = await Cost.OfAsync(async () =>
            {
                await queue.ResumeAsync();
                ends = await Task.WhenAll(ending);
            });
            started = repository.Client.StartedProcesses - started;
        }

        Scratch.Clear(scratch.At("queue"));
        int landed = ends.Count(e => e.State == MergeState.Landed);
        return landed == bad.Count(b => !b)
            ? new RealRun(cost, landed, gates / 2, started, landings, processes, landing)
            : throw new InvalidOperationException(
                $"{landed} landed: "
                    + string.Join(
                        ", ",
                        ends.Where(e => e.State != MergeState.Landed).Select(e => $"{e.Attempt} {e.State} {e.Reason}")
                    )
            );
    }

    private static AttemptId Attempt(int item) => new($"item-{item:00}", 1);

    private static async Task<MergeStatus> EndAsync(MergeQueue queue, AttemptId attempt)
    {
        MergeStatus? last = null;
        await foreach (MergeStatus status in queue.WatchAsync(attempt))
        {
            last = status;
        }

        return last!;
    }
}
