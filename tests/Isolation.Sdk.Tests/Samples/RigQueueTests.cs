using System.Text.Json;
using System.Text.RegularExpressions;
using Isolation.Sdk.Tests.Infrastructure;

namespace Isolation.Sdk.Tests.Samples;

public sealed partial class RigQueueTests
{
    private const string Commit = "echo \"by $1\" > \"$1.txt\"; git add -A; git commit -qm \"Do $1\"";

    [IsolationFact("mkfifo", "sh", Tier = Tier.Ci)]
    public async Task A_refinery_is_looked_into_while_its_gate_runs_and_afterwards()
    {
        await using RigHost rig = await RigHost.CreateAsync(
            """[{ "id": "a", "title": "Add a" }, { "id": "b", "title": "Add b" }]""",
            Commit
        );
        await File.WriteAllTextAsync(rig.At("gate.sh"), $"until [ -e '{rig.At("go")}' ]; do sleep 0.2; done\n");
        using RigProcess run = rig.Start(
            rig.RunArguments(
                "--merge",
                "refinery",
                "--max-concurrency",
                "2",
                "--batch-size",
                "1",
                "--gate",
                $"sh {rig.At("gate.sh")}"
            )
        );
        await run.WaitForAsync("a.1   merge: Testing", "b.1   merge: Testing");

        // Whichever was submitted first is stacked first, perhaps anew: what is looked for comes, but not at once.
        JsonElement document,
            queue;
        do
        {
            document = await rig.JsonAsync("queue");
            queue = Assert.Single(document.GetProperty("queues").EnumerateArray());
        } while (
            queue.GetProperty("testing").GetArrayLength() < 2
            || queue.GetProperty("items").EnumerateArray().Any(i => i.GetProperty("state").GetString() != "testing")
        );

        string text;
        do
        {
            text = (await rig.OnRepositoryAsync("queue", "--target", RigHost.Target)).Output;
        } while (!Rows().IsMatch(text));

        await File.WriteAllTextAsync(rig.At("go"), "");
        RigOutput ended = await run.EndAsync();

        Assert.Equal("rig.queue/1", document.GetProperty("schema").GetString());
        Assert.Equal(
            (RigHost.Target, true, 2),
            (
                queue.GetProperty("target").GetString(),
                queue.GetProperty("acting").GetBoolean(),
                queue.GetProperty("maxConcurrency").GetInt32()
            )
        );
        Assert.Equal(
            [1, 2],
            queue.GetProperty("testing").EnumerateArray().Select(t => t.GetProperty("attempts").GetArrayLength())
        );
        Assert.Equal(
            [("testing", 1), ("testing", 2)],
            queue
                .GetProperty("items")
                .EnumerateArray()
                .Select(i => (i.GetProperty("state").GetString()!, i.GetProperty("position").GetInt32()))
        );
        Assert.Contains("| acting, 2 of 2 slots", text, StringComparison.Ordinal);

        Assert.Equal(0, ended.ExitCode);
        Assert.Contains("2 of 2 landed on isolation/main", ended.Output, StringComparison.Ordinal);
        JsonElement after = Assert.Single((await rig.JsonAsync("queue")).GetProperty("queues").EnumerateArray());
        Assert.False(after.GetProperty("acting").GetBoolean());
        Assert.Equal(
            ["a.1", "b.1"],
            after.GetProperty("landed").EnumerateArray().Select(i => i.GetProperty("attempt").GetString()).Order()
        );
        Assert.True(after.GetProperty("gates").GetProperty("passes").GetInt32() > 0);
    }

    [IsolationFact("mkfifo", "sh", Tier = Tier.Ci)]
    public async Task Another_process_pauses_and_resumes_and_what_waited_lands_with_the_next_run()
    {
        await using RigHost rig = await RigHost.CreateAsync("""[{ "id": "a", "title": "Add a" }]""", Commit);
        await rig.Repository.GitAsync(["branch", RigHost.Target]);
        RigOutput paused = await rig.OnRepositoryAsync("queue", "pause", "release day", "--minimum-priority", "5");
        RigOutput held = await rig.RunAsync("--merge", "refinery", "--gate", "true");

        JsonElement queue = Assert.Single((await rig.JsonAsync("queue")).GetProperty("queues").EnumerateArray());
        string text = (await rig.OnRepositoryAsync("queue")).Output;
        JsonElement resumed = await rig.JsonAsync("queue", "resume");
        await File.WriteAllTextAsync(rig.At("items.json"), """[{ "id": "b", "title": "Add b" }]""");
        RigOutput landed = await rig.RunAsync("--merge", "refinery", "--gate", "true");

        Assert.Equal((0, 0, 0), (paused.ExitCode, held.ExitCode, landed.ExitCode));
        Assert.Contains("1 held in the queue", held.Output, StringComparison.Ordinal);
        Assert.Equal(
            ("paused", "release day", 5),
            (
                queue.GetProperty("pause").GetProperty("kind").GetString(),
                queue.GetProperty("pause").GetProperty("reason").GetString(),
                queue.GetProperty("pause").GetProperty("minimumPriority").GetInt32()
            )
        );
        Assert.Contains("paused: release day (priority 5 and higher passes)", text, StringComparison.Ordinal);
        Assert.False(resumed.GetProperty("paused").GetBoolean());
        Assert.Equal(
            "README.md\na.txt\nb.txt",
            await rig.Repository.GitAsync(["ls-tree", "--name-only", RigHost.Target])
        );
    }

    [IsolationTheory("mkfifo", "sh", DefaultRows = 1)]
    [InlineData("RIG08", "")]
    [InlineData("RIG08", "--target main")]
    [InlineData("ISO0602", "--target nowhere")]
    [InlineData("ISO0602", "pause why --target nowhere")]
    [InlineData("RIG01", "pause")]
    public async Task What_is_not_there_is_one_line_and_exit_code_2(string code, string arguments)
    {
        await using RigHost rig = await RigHost.CreateAsync("[]");

        RigOutput output = await rig.OnRepositoryAsync(
            "queue",
            arguments.Split(' ', StringSplitOptions.RemoveEmptyEntries)
        );

        Assert.Equal((2, ""), (output.ExitCode, output.Output));
        Assert.StartsWith(
            $"rig: {code}: ",
            Assert.Single(output.Error.TrimEnd().Split('\n')),
            StringComparison.Ordinal
        );
    }

    [GeneratedRegex(@"(?m)^1 +[ab]\.1 +testing .*\n2 +[ab]\.1 +testing +[ab]\.1 ")]
    private static partial Regex Rows();
}
