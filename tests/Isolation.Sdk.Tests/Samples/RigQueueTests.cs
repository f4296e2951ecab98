using System.Text.Json;
using Isolation.Sdk.Tests.Infrastructure;

namespace Isolation.Sdk.Tests.Samples;

public sealed class RigQueueTests
{
    private const string Commit = "echo \"by $1\" > \"$1.txt\"; git add -A; git commit -qm \"Do $1\"";

    [IsolationFact("mkfifo", "sh")]
    public async Task A_refinery_is_looked_into_while_its_gate_runs_and_afterwards()
    {
        await using RigHost rig = await RigHost.CreateAsync("""[{ "id": "a", "title": "Add a" }, { "id": "b", "title": "Add b" }]""", Commit);
        await File.WriteAllTextAsync(rig.At("gate.sh"), $"until [ -e '{rig.At("go")}' ]; do sleep 0.2; done\n");
        using RigProcess run = rig.Start(rig.RunArguments("--merge", "refinery", "--slots", "2", "--step", "1", "--gate", $"sh {rig.At("gate.sh")}"));
        await run.WaitForAsync("merge: Testing");

        JsonElement document = await rig.JsonAsync("queue");
        JsonElement queue = Assert.Single(document.GetProperty("queues").EnumerateArray());
        string text = (await rig.OnRepositoryAsync("queue", "--target", RigHost.Target)).Output;
        await File.WriteAllTextAsync(rig.At("go"), "");
        RigOutput ended = await run.EndAsync();

        Assert.Equal("rig.queue/1", document.GetProperty("schema").GetString());
        Assert.Equal((RigHost.Target, true), (queue.GetProperty("target").GetString(), queue.GetProperty("acting").GetBoolean()));
        Assert.NotEmpty(queue.GetProperty("items").EnumerateArray());
        Assert.Contains($"{RigHost.Target} @ ", text, StringComparison.Ordinal);

        Assert.Equal(0, ended.ExitCode);
        Assert.Contains("2 of 2 landed on isolation/main", ended.Output, StringComparison.Ordinal);
        JsonElement after = Assert.Single((await rig.JsonAsync("queue")).GetProperty("queues").EnumerateArray());
        Assert.False(after.GetProperty("acting").GetBoolean());
        Assert.Equal(["a.1", "b.1"], after.GetProperty("landed").EnumerateArray().Select(i => i.GetProperty("attempt").GetString()).Order());
        Assert.True(after.GetProperty("gates").GetProperty("passes").GetInt32() > 0);
    }

    [IsolationFact("mkfifo", "sh")]
    public async Task Another_process_pauses_and_resumes_and_what_waited_lands_with_the_next_run()
    {
        await using RigHost rig = await RigHost.CreateAsync("""[{ "id": "a", "title": "Add a" }]""", Commit);
        await rig.Repository.GitAsync(["branch", RigHost.Target]);
        RigOutput paused = await rig.OnRepositoryAsync("queue", "pause", "release day", "--pass-priority", "5");
        RigOutput held = await rig.RunAsync("--merge", "refinery", "--gate", "true");

        JsonElement queue = Assert.Single((await rig.JsonAsync("queue")).GetProperty("queues").EnumerateArray());
        string text = (await rig.OnRepositoryAsync("queue")).Output;
        JsonElement resumed = await rig.JsonAsync("queue", "resume");
        await File.WriteAllTextAsync(rig.At("items.json"), """[{ "id": "b", "title": "Add b" }]""");
        RigOutput landed = await rig.RunAsync("--merge", "refinery", "--gate", "true");

        Assert.Equal((0, 0, 0), (paused.ExitCode, held.ExitCode, landed.ExitCode));
        Assert.Contains("1 held in the queue", held.Output, StringComparison.Ordinal);
        Assert.Equal(("paused", "release day", 5), (queue.GetProperty("halt").GetProperty("kind").GetString(), queue.GetProperty("halt").GetProperty("reason").GetString(), queue.GetProperty("halt").GetProperty("passPriority").GetInt32()));
        Assert.Contains("paused: release day (priority 5 and higher passes)", text, StringComparison.Ordinal);
        Assert.False(resumed.GetProperty("paused").GetBoolean());
        Assert.Equal("README.md\na.txt\nb.txt", await rig.Repository.GitAsync(["ls-tree", "--name-only", RigHost.Target]));
    }

    [IsolationTheory("mkfifo", "sh")]
    [InlineData("RIG08", "")]
    [InlineData("RIG08", "--target main")]
    [InlineData("ISO0602", "--target nowhere")]
    [InlineData("ISO0602", "pause why --target nowhere")]
    [InlineData("RIG01", "pause")]
    public async Task What_is_not_there_is_one_line_and_exit_code_2(string code, string arguments)
    {
        await using RigHost rig = await RigHost.CreateAsync("[]");

        RigOutput output = await rig.OnRepositoryAsync("queue", arguments.Split(' ', StringSplitOptions.RemoveEmptyEntries));

        Assert.Equal((2, ""), (output.ExitCode, output.Output));
        Assert.StartsWith($"rig: {code}: ", Assert.Single(output.Error.TrimEnd().Split('\n')), StringComparison.Ordinal);
    }
}
