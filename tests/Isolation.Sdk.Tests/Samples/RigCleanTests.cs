using System.Text.Json;
using Isolation.Sdk.Tests.Infrastructure;

namespace Isolation.Sdk.Tests.Samples;

public sealed class RigCleanTests
{
    [IsolationFact("mkfifo", "sh", Tools.Linux, Tier = Tier.Ci)]
    public async Task A_killed_run_is_shown_dead_and_cleaned_up_and_unpinned_work_stays()
    {
        await using RigHost rig = await RigHost.CreateAsync(
            """[{ "id": "idle", "title": "Idle" }, { "id": "busy", "title": "Busy" }]""",
            "echo $$ > \"$(dirname \"$GATE\")/$1.pid\"; [ \"$1\" = idle ] || echo half > half.txt; phase "
                + "implement; cat \"$GATE\" > /dev/null"
        );
        using RigProcess run = rig.Start(rig.RunArguments("--workers", "2"));
        await run.WaitForAsync("idle.1   phase: implement", "busy.1   phase: implement");
        run.Kill();
        await run.EndAsync();

        Assert.All((await rig.JsonAsync("list")).GetProperty("workers").EnumerateArray(), w =>
            Assert.Equal("dead", w.GetProperty("state").GetString())
        );
        Assert.StartsWith(
            "dead | ",
            (await rig.OnRepositoryAsync("status", "busy.1")).Output,
            StringComparison.Ordinal
        );
        JsonElement plan = await rig.JsonAsync("clean", "--dry-run");
        Assert.Equal(("keep", "half.txt"), Workspace(plan, "busy.1"));
        Assert.Equal(("remove", ""), Workspace(plan, "idle.1"));
        Assert.True(Directory.Exists(Path.Combine(rig.Workers, "idle.1", "work")));

        JsonElement done = await rig.JsonAsync("clean");

        Assert.Equal(("keep", "half.txt"), Workspace(done, "busy.1"));
        Assert.False(Directory.Exists(Path.Combine(rig.Workers, "idle.1")));
        Assert.Equal("half\n", await File.ReadAllTextAsync(Path.Combine(rig.Workers, "busy.1", "work", "half.txt")));
        Assert.False(Directory.Exists(Path.Combine(rig.Workers, "busy.1", "home")));
        Assert.All(new[] { "idle", "busy" }, name =>
            Assert.False(IsRunning(File.ReadAllText(rig.At($"{name}.pid")).Trim(), name))
        );
        JsonElement next = await rig.JsonAsync("clean", "--dry-run");
        Assert.Equal(("keep", "half.txt"), Workspace(next, "busy.1"));
        Assert.DoesNotContain(next.GetProperty("items").EnumerateArray(), i =>
            i.GetProperty("attempt").GetString() == "idle.1"
            && i.GetProperty("what").GetString()!.StartsWith("workspace ", StringComparison.Ordinal)
        );
    }

    [IsolationFact("mkfifo", "sh", Tier = Tier.Ci)]
    public async Task Records_of_landed_work_go_and_those_of_held_work_stay()
    {
        await using RigHost rig = await RigHost.CreateAsync(
            """[{ "id": "a", "title": "A" }, { "id": "b", "title": "B" }]""",
            "echo \"$1\" > \"$1.txt\"; git add -A; git commit -qm \"Do $1\""
        );
        await rig.RunAsync("--merge", "manual");
        await rig.OnRepositoryAsync(
            "approve",
            "a.1",
            "--commit",
            await rig.Repository.GitAsync(["rev-parse", "refs/isolation/attempts/a/1"])
        );

        RigOutput output = await rig.OnRepositoryAsync("clean");

        Assert.Equal(0, output.ExitCode);
        Assert.Contains("refs/isolation/attempts/a/1", output.Output, StringComparison.Ordinal);
        Assert.Equal(
            "b.1",
            Assert
                .Single((await rig.JsonAsync("list")).GetProperty("workers").EnumerateArray())
                .GetProperty("attempt")
                .GetString()
        );
        Assert.Equal("Nothing to clean.\n", (await rig.OnRepositoryAsync("clean")).Output);
    }

    private static (string? Action, string Unpinned) Workspace(JsonElement report, string attempt)
    {
        JsonElement item = Assert.Single(report.GetProperty("items").EnumerateArray(), i =>
            i.GetProperty("attempt").GetString() == attempt
            && i.GetProperty("what").GetString()!.StartsWith("workspace ", StringComparison.Ordinal)
        );
        return (
            item.GetProperty("action").GetString(),
            string.Join(", ", item.GetProperty("unpinned").EnumerateArray().Select(u => u.GetString()))
        );
    }

    private static bool IsRunning(string pid, string argument)
    {
        string commandLine = $"/proc/{pid}/cmdline";
        try
        {
            return File.Exists(commandLine) && File.ReadAllText(commandLine).Split('\0').Contains(argument);
        }
        catch (IOException)
        {
            return false; // It ended between the two looks.
        }
    }
}
