using Isolation.Sdk.Tests.Infrastructure;

namespace Isolation.Sdk.Tests.Attempts;

/// <summary>What a clone's config says of another system's files is not so here.</summary>
public sealed class ForeignSettingsTests
{
    [IsolationTheory(Tools.Linux, "sh")]
    [InlineData("core.ignoreCase=true", "mv Notes.md NOTES.md; echo more >> NOTES.md", "100644 NOTES.md|100644 run.sh")]
    [InlineData("core.fileMode=false", "chmod +x run.sh", "100644 Notes.md|100755 run.sh")]
    [InlineData("core.symlinks=false", "ln -s run.sh link", "100644 Notes.md|120000 link|100644 run.sh")]
    [InlineData(
        "core.ignoreCase=true",
        "git mv Notes.md NOTES.md; git add -A; git commit -qm by-git",
        "100644 NOTES.md|100644 run.sh"
    )]
    [InlineData("core.fileMode=false", "chmod +x run.sh; git commit -qam by-git", "100644 Notes.md|100755 run.sh")]
    public Task What_lands_is_what_the_file_system_at_hand_has(string setting, string deed, string tree) =>
        LandsAsync(setting, deed, tree);

    [IsolationTheory(Tools.Linux, "sh", Tier = Tier.Ci)]
    [InlineData("core.symlinks=false", "ln -s run.sh link; git add -A; git commit -qm by-git")]
    [InlineData(
        "core.splitIndex=true",
        "ln -s run.sh link; git add -A; git update-index --split-index; git commit -qm by-git"
    )]
    [InlineData("core.untrackedCache=true", "git status > /dev/null; ln -s run.sh link")]
    [InlineData("core.trustctime=false", "ln -s run.sh link")]
    [InlineData("core.checkStat=minimal", "ln -s run.sh link; git status > /dev/null")]
    [InlineData("core.precomposeUnicode=true", "ln -s run.sh link")]
    [InlineData("core.fsmonitor=/bin/false", "git status > /dev/null; ln -s run.sh link")]
    [InlineData("core.autocrlf=true", "ln -s run.sh link")]
    [InlineData("index.sparse=true", "ln -s run.sh link; git status > /dev/null")]
    [InlineData("core.preloadIndex=false", "ln -s run.sh link")]
    public Task A_link_lands_whatever_else_the_config_says(string setting, string deed) =>
        LandsAsync(setting, deed, "100644 Notes.md|120000 link|100644 run.sh");

    private static async Task LandsAsync(string setting, string deed, string tree)
    {
        await using PipelineFixture rig = await PipelineFixture.CreateAsync();
        await rig.Repository.CommitAsync(
            "Two files",
            new Dictionary<string, string> { ["Notes.md"] = "hi\n", ["run.sh"] = "true\n" }
        );
        string[] pair = setting.Split('=');
        await rig.GitAsync("config", pair[0], pair[1]);
        await using IsolationPipeline pipeline = rig.Compose().RunProcess("sh", "-c", deed).Build();

        await using IsolationRun run = pipeline.Start([PipelineFixture.Item("a")]);
        WorkItemResult result = Assert.Single((await run.Completion).Items);

        Assert.Equal((ItemOutcome.Landed, null), (result.Outcome, result.Reason));
        string landed = await rig.GitAsync(
            "ls-tree",
            "--format=%(objectmode) %(path)",
            PipelineFixture.Target,
            "Notes.md",
            "NOTES.md",
            "run.sh",
            "link"
        );
        Assert.Equal(tree.Split('|'), landed.Split('\n'));
    }
}
