using Isolation.Sdk.Platform;
using Isolation.Sdk.Sandbox;
using Isolation.Sdk.Tests.Infrastructure;

namespace Isolation.Sdk.Tests.Attempts;

/// <summary>Workers that break what they can: each ends with a reason, everything of it is released, and the sibling
/// beside them lands.</summary>
public sealed class HostileWorkerTests
{
    private const long Megabyte = 1024 * 1024;
    private const string Landed = "Landed",
        Quarantined = "Quarantined",
        Failed = "Failed";

    // The sibling says that it is there, and does its work when all the others have ended. Those begin when it is
    // there.
    private const string Work = """
        work=$PWD
        name=$(echo "$ISOLATION_WORKER" | cut -d. -f1)
        touch started
        until test -e go; do sleep 0.05; done
        rm started go
        echo "$name" > own-$name.txt
        touch -d 2001-01-01 own-$name.txt
        git add -A
        git commit -qm "$name"
        case $name in
          link) cd .. && mv work elsewhere && ln -s "$1/sibling.1/work" work ;;
          other-git) rm -rf .git; cp -R "$1/sibling.1/work/.git" .git ;;
          locks) for f in index HEAD $2; do touch "$(git rev-parse --git-path $f).lock"; done ;;
          disk) dd if=/dev/zero of=big bs=1M count=64 2>/dev/null; sleep 1071 ;;
          forks) i=0; while test $i -lt 100; do sleep 1071 & i=$((i+1)); done; sleep 1071 ;;
          deaf) trap '' TERM INT HUP QUIT; touch deaf; while :; do sleep 1071; done ;;
          holds) (setsid nohup sh -c 'exec 9>held; rm held; exec sleep 1071' >/dev/null 2>&1 &) ;;
          deletes) cd /; rm -rf "$work" "$HOME" "$TMPDIR" ;;
          times) echo TIMES > own-$name.txt; touch -d 2001-01-01 own-$name.txt; echo late > late.txt; touch -d 2100-01-01 late.txt ;;
          floods) head -c 67108864 /dev/zero | tr '\0' 'x' ;;
        esac
        exit 0
        """;

    /// <summary>What each comes to, by level: an outcome, or words of its reason.</summary>
    private static readonly (string Deed, string Cooperative, string Held)[] Deeds =
    [
        ("link", Quarantined, Landed),
        ("other-git", Quarantined, Quarantined),
        (
            "disk",
            "It passed its limit MaxDiskBytes (watchdog) and was ended.",
            "It passed its limit MaxDiskBytes (watchdog) and was ended."
        ),
        ("forks", "It passed its limit MaxProcesses (", "It passed its limit MaxProcesses ("),
        ("deaf", Failed, Failed),
        ("holds", Landed, Landed),
        ("deletes", "ISO0313", Quarantined),
        ("times", Landed, Landed),
        ("floods", Landed, Landed),
        ("locks", Landed, Landed),
    ];

    [IsolationFact(Tools.Linux, Tier = Tier.Ci)]
    public Task Cooperative_workers() =>
        EndAsync(SandboxLevel.Cooperative, [.. Deeds.Select(d => (d.Deed, d.Cooperative))]);

    [IsolationFact(Tools.Landlock, Tier = Tier.Ci)]
    public Task Restricted_workers() => EndAsync(SandboxLevel.Restricted, [.. Deeds.Select(d => (d.Deed, d.Held))]);

    [IsolationFact(Tools.Bubblewrap, Tier = Tier.Ci)]
    public Task Sealed_workers() => EndAsync(SandboxLevel.Sealed, [.. Deeds.Select(d => (d.Deed, d.Held))]);

    private static async Task EndAsync(SandboxLevel level, (string Deed, string Expected)[] deeds)
    {
        await using PipelineFixture rig = await PipelineFixture.CreateAsync();
        await using IsolationPipeline pipeline = Compose(rig, level).Build();
        await using IsolationRun run = pipeline.Start([
            PipelineFixture.Item("sibling"),
            .. deeds.Select(d => PipelineFixture.Item(d.Deed)),
        ]);
        foreach (string item in deeds.Select(d => d.Deed).Prepend("sibling"))
        {
            await FileAsync(run, rig, item, "started");
        }

        foreach ((string deed, _) in deeds)
        {
            await File.WriteAllTextAsync(Of(rig, deed, "go"), "");
        }

        if (deeds.Any(d => d.Deed == "deaf"))
        {
            await FileAsync(run, rig, "deaf", "deaf");
            await run.StopAsync(new AttemptId("deaf", 1), TimeSpan.FromMilliseconds(100));
        }

        List<WorkItemResult> results = [];
        await foreach (WorkItemResult result in run)
        {
            results.Add(result);
            if (results.Count == deeds.Length)
            {
                await File.WriteAllTextAsync(Of(rig, "sibling", "go"), "");
            }
        }

        string all = string.Join(
            '\n',
            results.Select(r => $"{r.Item.Id}: {r.Outcome} {r.Reason} {r.Attempts[^1].Fault}")
        );
        Assert.All(deeds, d =>
            Assert.True(IsAsExpected(results.Single(r => r.Item.Id == d.Deed), d.Expected), $"{d.Deed}\n{all}")
        );
        Assert.True(results[^1] is { Item.Id: "sibling", Outcome: ItemOutcome.Landed }, all);
        Assert.Equal("sibling", await rig.GitAsync("show", $"{PipelineFixture.Target}:own-sibling.txt"));
        if (results.FirstOrDefault(r => r.Item.Id == "times") is { } forged)
        {
            Assert.Equal(
                "TIMES\nlate",
                await rig.GitAsync("show", $"{forged.Attempts[^1].Commit}:own-times.txt")
                    + "\n"
                    + await rig.GitAsync("show", $"{forged.Attempts[^1].Commit}:late.txt")
            );
        }

        if (results.FirstOrDefault(r => r.Item.Id == "floods") is { } flood)
        {
            Assert.InRange(new FileInfo(flood.Attempts[^1].Output!).Length, 1, Megabyte);
        }

        AssertReleased(rig, results);
    }

    private static IsolationPipelineBuilder Compose(PipelineFixture rig, SandboxLevel level)
    {
        static void Limit(ProcessSandboxOptions options) =>
            (options.Limits.MaxLogBytes, options.Limits.MaxDiskBytes, options.Limits.MaxProcesses) = (
                Megabyte,
                32 * Megabyte,
                60
            );
        IsolationPipelineBuilder builder = rig.Compose(o =>
                (o.MaxWorkers, o.StopGrace) = (Deeds.Length + 1, TimeSpan.FromMilliseconds(200))
            )
            .Waive("ISO0916", "a test")
            .UseLevel(level);
        _ = level switch
        {
            SandboxLevel.Cooperative => builder.Sandbox.UseProcess(Limit),
            SandboxLevel.Restricted => builder.Sandbox.UseRestricted(Limit),
            _ => builder.Sandbox.UseSealed(Limit),
        };
        // A worktree's config and packed refs are everybody's: who locks those is the guard's affair.
        return builder.RunProcess(
            "sh",
            "-c",
            Work,
            "sh",
            rig.Workers,
            level == SandboxLevel.Cooperative ? "" : "config packed-refs"
        );
    }

    private static bool IsAsExpected(WorkItemResult result, string expected) =>
        result.Outcome.ToString() == expected
        || (result.Reason?.Contains(expected, StringComparison.Ordinal) ?? false)
        || result.Attempts[^1].Fault?.Code == expected;

    /// <summary>Nothing of any worker is alive, and what is left of its folders says why.</summary>
    private static void AssertReleased(PipelineFixture rig, IEnumerable<WorkItemResult> results)
    {
        Assert.DoesNotContain(ProcessTable.Read(), p => StandsIn(p.Id, rig.Workers));
        Assert.All(results.Where(r => r.Outcome == ItemOutcome.Landed && r.Attempts[^1].KeptWorkspace is null), r =>
            Assert.False(Directory.Exists(Path.Combine(rig.Workers, r.Item.Id + ".1")))
        );
    }

    private static bool StandsIn(int id, string folder)
    {
        try
        {
            return new FileInfo($"/proc/{id}/cwd").LinkTarget?.StartsWith(folder, StringComparison.Ordinal) ?? false;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return false;
        }
    }

    private static string Of(PipelineFixture rig, string item, string file) =>
        Path.Combine(rig.Workers, item + ".1", "work", file);

    private static async Task FileAsync(IsolationRun run, PipelineFixture rig, string item, string file)
    {
        while (!File.Exists(Of(rig, item, file)))
        {
            Assert.False(run.Completion.IsCompleted, $"{item} ended early.");
            await Task.Delay(TimeSpan.FromMilliseconds(20), TimeProvider.System);
        }
    }
}
