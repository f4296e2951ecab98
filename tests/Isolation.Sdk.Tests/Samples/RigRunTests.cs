using System.Text.Json;
using Isolation.Sdk.Tests.Infrastructure;

namespace Isolation.Sdk.Tests.Samples;

public sealed class RigRunTests
{
    private const string Commit = "echo \"by $1\" > \"$1.txt\"; git add -A; git commit -qm \"Do $1\"";

    [IsolationFact("mkfifo", "sh", Tier = Tier.Ci)]
    public async Task A_worker_is_seen_from_a_second_terminal_while_it_runs_and_afterwards()
    {
        await using RigHost rig = await RigHost.CreateAsync(
            """[{ "id": "slow", "title": "Take long" }]""",
            $"phase implement; cat \"$GATE\" > /dev/null; {Commit}"
        );
        using RigProcess run = rig.Start(rig.RunArguments("--merge", "first-wins"));
        await run.WaitForAsync("phase: implement");

        JsonElement during = Assert.Single((await rig.JsonAsync("list")).GetProperty("workers").EnumerateArray());
        Assert.Equal("slow.1", during.GetProperty("attempt").GetString());
        Assert.Equal("alive", during.GetProperty("state").GetString());
        Assert.Equal("implement", during.GetProperty("phase").GetString());
        Assert.Matches(
            @"^alive \| last activity: \d+s ago \| item: slow \| phase: implement\n",
            (await rig.OnRepositoryAsync("status", "slow.1")).Output
        );

        rig.Open();
        RigOutput ended = await run.EndAsync();

        Assert.Equal(0, ended.ExitCode);
        Assert.Contains("1 of 1 landed on isolation/main", ended.Output, StringComparison.Ordinal);
        JsonElement after = (await rig.JsonAsync("status", "slow.1")).GetProperty("worker");
        Assert.Equal("landed", after.GetProperty("state").GetString());
        Assert.Equal(
            await rig.Repository.GitAsync(["rev-parse", RigHost.Target]),
            after.GetProperty("merge").GetProperty("landedCommit").GetString()
        );
    }

    [IsolationFact("mkfifo", "sh")]
    public async Task An_item_that_fails_is_told_by_exit_code_and_json()
    {
        await using RigHost rig = await RigHost.CreateAsync(
            """[{ "id": "good", "title": "Good" }, { "id": "bad", "title": "Bad" }, { "id": "after", "title": "After", "blockedBy": ["bad"] }]""",
            $"[ \"$1\" != bad ]; {Commit}"
        );

        RigOutput output = await rig.RunAsync("--merge", "first-wins", "--json");

        Assert.Equal(1, output.ExitCode);
        Assert.Equal("", output.Error);
        JsonElement report = JsonDocument.Parse(output.Output).RootElement;
        Assert.Equal("rig.run/1", report.GetProperty("schema").GetString());
        Dictionary<string, string?> outcomes = report
            .GetProperty("items")
            .EnumerateArray()
            .ToDictionary(i => i.GetProperty("id").GetString()!, i => i.GetProperty("outcome").GetString());
        Assert.Equal(("landed", "failed", "skipped"), (outcomes["good"], outcomes["bad"], outcomes["after"]));
    }

    [IsolationFact("mkfifo", "sh", Tier = Tier.Ci)]
    public async Task A_gate_tests_the_merged_tree_and_a_red_one_lands_nothing()
    {
        await using RigHost rig = await RigHost.CreateAsync(
            """[{ "id": "a", "title": "A" }, { "id": "b", "title": "B" }]""",
            Commit
        );

        RigOutput output = await rig.RunAsync("--gate", "test ! -e b.txt", "--json");

        Assert.Equal(1, output.ExitCode);
        Dictionary<string, string?> outcomes = JsonDocument
            .Parse(output.Output)
            .RootElement.GetProperty("items")
            .EnumerateArray()
            .ToDictionary(i => i.GetProperty("id").GetString()!, i => i.GetProperty("outcome").GetString());
        Assert.Equal(("landed", "rejected"), (outcomes["a"], outcomes["b"]));
        Assert.Equal("README.md\na.txt", await rig.Repository.GitAsync(["ls-tree", "--name-only", RigHost.Target]));
    }

    [IsolationFact("mkfifo", "sh", Tools.Interruptible, Tier = Tier.Ci)]
    public async Task Ctrl_C_ends_the_run_in_an_orderly_way_and_leaves_nothing()
    {
        await using RigHost rig = await RigHost.CreateAsync(
            """[{ "id": "a", "title": "A" }]""",
            "phase implement; cat \"$GATE\" > /dev/null"
        );
        using RigProcess run = rig.Start(rig.RunArguments());
        await run.WaitForAsync("phase: implement");

        await run.InterruptAsync();
        RigOutput output = await run.EndAsync();

        Assert.Equal(130, output.ExitCode);
        Assert.Equal("", output.Error);
        Assert.Contains("interrupted", output.Output, StringComparison.Ordinal);
        Assert.Single((await rig.Repository.GitAsync(["worktree", "list"])).Split('\n'));
        Assert.False(Directory.Exists(Path.Combine(rig.Workers, "a.1")));
        Assert.All((await rig.JsonAsync("clean", "--dry-run")).GetProperty("items").EnumerateArray(), i =>
            Assert.StartsWith("record ", i.GetProperty("what").GetString(), StringComparison.Ordinal)
        );
    }
}
