using Isolation.Sdk.Tests.Infrastructure;

namespace Isolation.Sdk.Tests.Sandbox;

/// <summary>Workers and gates use their own files, whatever of the checkout is on the host's PATH or copied.</summary>
public sealed class DetourTests
{
    [IsolationTheory(Tools.Linux)]
    [InlineData("venv/lib/python3.11/site-packages/editable.pth", "{checkout}\n")]
    [InlineData(
        "venv/lib/python3.12/site-packages/__editable___pkg_finder.py",
        "MAPPING = {'pkg': '{checkout}/pkg'}\n"
    )]
    [InlineData("venv/Lib/site-packages/pkg.egg-link", "{checkout}/src\n.\n")]
    [InlineData("venv/lib/node_modules/@shop/tool", null)]
    public async Task What_leads_into_the_checkout_is_refused_before_anything_runs(string file, string? content)
    {
        await using PipelineFixture rig = await PipelineFixture.CreateAsync();
        string root = Path.Combine(rig.Repository.Root, "elsewhere"),
            found = Path.Combine(root, file);
        Directory.CreateDirectory(Path.Combine(root, "venv", "bin"));
        Directory.CreateDirectory(Path.GetDirectoryName(found)!);
        await File.WriteAllTextAsync(Path.Combine(root, "venv", "pyvenv.cfg"), "home = /usr/bin\n");
        if (content is null)
        {
            Directory.CreateSymbolicLink(found, rig.Repository.Path);
        }
        else
        {
            await File.WriteAllTextAsync(found, content.Replace("{checkout}", rig.Repository.Path));
        }

        IsolationPipelineBuilder builder = rig.Compose().RunWith(PipelineFixture.WriteAndCommitAsync);
        builder.Sandbox.UseProcess(o => o.HostEnvironment = WithPath(Path.Combine(root, "venv", "bin")));
        await using (IsolationPipeline refused = builder.Build())
        {
            AuditReport audit = await refused.AuditAsync();
            Assert.Equal(["ISO0425"], audit.Faults.Select(f => f.Code));
            Assert.Contains(found, audit.Faults[0].Message, StringComparison.Ordinal);
        }

        await using IsolationPipeline accepted = builder.Waive("ISO0425", "it is meant").Build();
        Assert.True((await accepted.AuditAsync()).Passed);
    }

    [IsolationFact(Tools.Linux, "sh")]
    public async Task A_folder_of_the_checkout_on_PATH_is_the_workspaces_own()
    {
        await using PipelineFixture rig = await PipelineFixture.CreateAsync();
        string checkout = rig.Repository.Path;
        IsolationPipelineBuilder builder = rig.Compose()
            .RunProcess("sh", "-c", "printf '%s\\n%s\\n' \"${PATH%%:*}\" \"$PYTHONPATH\" > seen.txt; pwd >> seen.txt");
        builder.Sandbox.UseProcess(o =>
        {
            o.HostEnvironment = WithPath(Path.Combine(checkout, "node_modules", ".bin"));
            o.HostEnvironment["PYTHONPATH"] = $"{checkout}:{checkout}/lib:{checkout}2";
            o.Inherit.Add("PYTHONPATH");
        });
        await using IsolationPipeline pipeline = builder.Build();
        await using IsolationRun run = pipeline.Start([PipelineFixture.Item("a")]);
        Assert.Equal(ItemOutcome.Landed, Assert.Single((await run.Completion).Items).Outcome);

        string[] seen = (await rig.GitAsync("show", $"{PipelineFixture.Target}:seen.txt")).Split('\n');
        Assert.Equal([$"{seen[2]}/node_modules/.bin", $"{seen[2]}:{seen[2]}/lib:{checkout}2"], seen[..2]);
        Assert.NotEqual(checkout, seen[2]);
    }

    [IsolationTheory(Tools.Linux, "sh")]
    [InlineData(".venv/pyvenv.cfg", "command = python -m venv {checkout}/.venv\n")]
    [InlineData(".venv/bin/tool", "#!{checkout}/.venv/bin/python\nprint('{checkout}x')\n")]
    [InlineData(".venv/lib/python3.11/site-packages/pkg.pth", "{checkout}\n{checkout}/src\n")]
    [InlineData("obj/project.assets.json", "{\"path\":\"{checkout}/shop.csproj\",\"other\":\"{checkout}2\"}\n")]
    [InlineData("node_modules/linked", null)]
    public async Task What_is_copied_says_where_its_copy_is(string file, string? content)
    {
        await using PipelineFixture rig = await PipelineFixture.CreateAsync();
        string checkout = rig.Repository.Path,
            original = Path.Combine(checkout, file);
        await rig.Repository.CommitAsync(
            "Ignore",
            new Dictionary<string, string> { [".gitignore"] = ".venv/\nobj/\nnode_modules/\n" }
        );
        Directory.CreateDirectory(Path.GetDirectoryName(original)!);
        if (content is null)
        {
            Directory.CreateSymbolicLink(original, Path.Combine(checkout, "packages", "linked"));
        }
        else
        {
            await File.WriteAllTextAsync(original, content.Replace("{checkout}", checkout));
        }

        IsolationPipelineBuilder builder = rig.Compose()
            .RunProcess("sh", "-c", $"(readlink {file} || cat {file}) > seen.txt; pwd > where.txt");
        builder.Workspaces.UseGitWorktrees(o => o.CopyIgnored.Add("**"));
        await using IsolationPipeline pipeline = builder.Build();
        await using IsolationRun run = pipeline.Start([PipelineFixture.Item("a")]);
        WorkItemResult result = Assert.Single((await run.Completion).Items);
        Assert.True(result.Outcome == ItemOutcome.Landed, result.Reason);

        string where = await rig.GitAsync("show", $"{PipelineFixture.Target}:where.txt");
        string expected = (content ?? "{checkout}/packages/linked\n")
            .Replace("{checkout}x", checkout + "x")
            .Replace("{checkout}2", checkout + "2")
            .Replace("{checkout}", where);
        Assert.Equal(expected.TrimEnd('\n'), await rig.GitAsync("show", $"{PipelineFixture.Target}:seen.txt"));
    }

    private static Dictionary<string, string> WithPath(string first) =>
        new() { ["PATH"] = $"{first}:{Environment.GetEnvironmentVariable("PATH")}", ["HOME"] = "/nonexistent" };
}
