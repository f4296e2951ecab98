using Isolation.Sdk.Benchmarks;
using Isolation.Sdk.Benchmarks.Queues;
using Isolation.Sdk.Benchmarks.Refinery;
using Isolation.Sdk.Benchmarks.Replay;
using Isolation.Sdk.Benchmarks.WorkTrees;

// Whole processes side by side, A B A B: the machine's load falls on both, so the ratio of a pair says more than any
// single time.
const string Usage = """
    usage: Isolation.Sdk.Benchmarks VERB [--runs N] [--folder DIR]
      fifty          50 items, 16 at a time, 5,000 files: the pipeline against minimal.sh
      throwaway      a throwaway worktree of 500 files against git worktree add and remove
      private-clone  a private clone of 5,000 files against git worktree add and remove
      git-processes  git processes of the library for each worker, by verb
      refinery-simulation  the queue's planning on a simulated clock: time, gates, wrong evictions
      refinery [--seeds N] [--costs]
                     real queues with gates of one second, against the serial one; git processes and time beside the gates
      stack          CPU of a stacked item: a chain of 100 on 1,500 files
      replay PATH [--limit N] [--json]
                     every two-parent merge of a repository's history again, against git merge; 1 when they disagree
      start-cost     /bin/true at each level of isolation against posix_spawn alone
      guard          the contamination guard: 1, 16 and 100 workers, few refs and 10,000
      tracker        calls of the trackers with 10,000 items and 30,000 dependencies; eight processes on one file
      filling | pool | removal | sixteen [--fs tmpfs,ext4,xfs,btrfs] [--files 1000,10000,50000] [--repository PATH] [--cycles N]
                     workspaces against git worktree add and remove, on images of file systems in memory; needs root
    The folder is a file system with 4 GB free; a tmpfs by default where there is one.
    """;

if (args is ["host", string repository, string worker, string target, string items, string parallel, ..])
{
    return await PipelineHost.RunAsync(
        repository,
        worker,
        target,
        Number(items),
        Number(parallel),
        stages: args.Contains("--stages")
    );
}

if (args is ["claimer", string file, string owner])
{
    return await TrackerCost.ClaimAllAsync(file, owner);
}

if (args is ["filling" or "pool" or "removal" or "sixteen", ..])
{
    return await OnDisks.RunAsync(args[0], args);
}

int runs = Option("--runs") is { } n ? Number(n) : 7;
using Scratch scratch = new(Option("--folder"));
switch (args.FirstOrDefault())
{
    case "fifty":
        await new Fifty(scratch).RunAsync(runs, stages: args.Contains("--stages"));
        return 0;
    case "throwaway":
        await new Throwaway(scratch).RunAsync(Option("--runs") is null ? 30 : runs);
        return 0;
    case "private-clone":
        await new PrivateClones(scratch).RunAsync(runs);
        return 0;
    case "git-processes":
        await new GitProcesses(scratch).RunAsync();
        return 0;
    case "refinery-simulation":
        await Machine.PrintAsync(scratch.Path);
        RefinerySimulation.Run(Option("--runs") is null ? 400 : runs, evictionItems: 100_000);
        return 0;
    case "refinery":
        await new RealGates(scratch).RunAsync(
            Option("--seeds") is { } seeds ? Number(seeds) : 10,
            costsOnly: args.Contains("--costs")
        );
        return 0;
    case "stack":
        await new Stacking(scratch).RunAsync(runs);
        return 0;
    case "replay" when args.Length > 1:
        return await new HistoryReplay(scratch).RunAsync(
            args[1],
            Option("--limit") is { } limit ? Number(limit) : int.MaxValue,
            args.Contains("--json")
        );
    case "start-cost":
        await new StartCost(scratch).RunAsync(Option("--runs") is null ? 200 : runs);
        return 0;
    case "guard":
        await new GuardCost(scratch).RunAsync(runs);
        return 0;
    case "tracker":
        await new TrackerCost(scratch).RunAsync(runs);
        return 0;
    default:
        await Console.Error.WriteLineAsync(Usage);
        return 2;
}

string? Option(string name) =>
    Array.IndexOf(args, name) is >= 0 and int at && at + 1 < args.Length ? args[at + 1] : null;

static int Number(string text) => int.Parse(text, System.Globalization.CultureInfo.InvariantCulture);
