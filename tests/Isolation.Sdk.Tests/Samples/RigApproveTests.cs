using System.Text.Json;
using Isolation.Sdk.Tests.Infrastructure;

namespace Isolation.Sdk.Tests.Samples;

public sealed class RigApproveTests
{
    [IsolationFact("mkfifo", "sh", Tier = Tier.Ci)]
    public async Task Another_process_lands_exactly_the_commit_it_approves_and_no_other()
    {
        await using RigHost rig = await RigHost.CreateAsync(
            """[{ "id": "a", "title": "Add a" }]""",
            "echo a > a.txt; git add -A; git commit -qm 'Add a'"
        );
        RigOutput run = await rig.RunAsync("--merge", "manual");
        string before = await rig.Repository.GitAsync(["rev-parse", RigHost.Target]);
        string held = await rig.Repository.GitAsync(["rev-parse", "refs/isolation/attempts/a/1"]);
        Assert.Equal(0, run.ExitCode);
        Assert.Contains(
            $"rig approve a.1 --repo {rig.Repository.Path} --commit {held}",
            run.Output,
            StringComparison.Ordinal
        );

        RigOutput unsaid = await rig.OnRepositoryAsync("approve", "a.1");
        RigOutput wrong = await rig.OnRepositoryAsync("approve", "a.1", "--commit", before);
        RigOutput shortened = await rig.OnRepositoryAsync("approve", "a.1", "--commit", held[..10]);
        Assert.Equal((2, 2, 2), (unsaid.ExitCode, wrong.ExitCode, shortened.ExitCode));
        Assert.Contains(held, unsaid.Error, StringComparison.Ordinal);
        Assert.StartsWith("rig: ISO0607: ", wrong.Error, StringComparison.Ordinal);
        Assert.Equal(before, await rig.Repository.GitAsync(["rev-parse", RigHost.Target]));

        JsonElement approved = await rig.JsonAsync("approve", "a.1", "--commit", held, "--by", "me");

        string landed = await rig.Repository.GitAsync(["rev-parse", RigHost.Target]);
        Assert.Equal("landed", approved.GetProperty("state").GetString());
        Assert.Equal(landed, approved.GetProperty("landedCommit").GetString());
        Assert.Equal($"{before} {held}", await rig.Repository.GitAsync(["show", "-s", "--format=%P", landed]));
        Assert.Equal(
            "landed",
            Assert
                .Single((await rig.JsonAsync("list")).GetProperty("workers").EnumerateArray())
                .GetProperty("state")
                .GetString()
        );
    }

    [IsolationFact("mkfifo", "sh")]
    public async Task What_is_not_there_cannot_be_approved()
    {
        await using RigHost rig = await RigHost.CreateAsync("[]");

        RigOutput output = await rig.OnRepositoryAsync("approve", "a.1", "--json");

        Assert.Equal(2, output.ExitCode);
        Assert.Equal("", output.Output);
        Assert.Equal(
            "RIG06",
            JsonDocument.Parse(output.Error).RootElement.GetProperty("error").GetProperty("code").GetString()
        );
    }
}
