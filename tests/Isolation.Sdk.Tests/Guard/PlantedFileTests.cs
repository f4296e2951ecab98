using Isolation.Sdk.Tests.Infrastructure;

namespace Isolation.Sdk.Tests.Guard;

/// <summary>
/// What a worker may plant in what all share, found by a real run: named, quarantined, and put back where the host
/// wants that.
/// </summary>
public sealed class PlantedFileTests
{
    private static readonly Dictionary<string, (string Deed, string Named)[]> Plants = new(StringComparer.Ordinal)
    {
        ["settings"] =
        [
            ("config", "config"),
            ("config.worktree", "config.worktree"),
            ("exclude", "info/exclude"),
            ("attributes", "info/attributes"),
            ("grafts", "info/grafts"),
            ("sparse", "info/sparse-checkout"),
            ("hook", "hooks/pre-push"),
            ("hook mode", "hooks/mine"),
        ],
        ["refs"] =
        [
            ("branch", "refs/heads/stray"),
            ("moved branch", "refs/heads/idle"),
            ("deleted branch", "refs/heads/gone"),
            ("moved main", "refs/heads/main"),
            ("tag", "refs/tags/v1"),
            ("note", "refs/notes/commits"),
            ("replacement", "refs/replace/"),
        ],
        ["locks"] =
        [
            .. new[]
            {
                "config.lock",
                "packed-refs.lock",
                "index.lock",
                "HEAD.lock",
                "shallow.lock",
                "info/exclude.lock",
                "refs/heads/main.lock",
            }.Select(l => (l, l)),
        ],
        ["barriers"] =
        [
            ("barrier", "Directory.Build.props"),
            ("barrier gone", "Directory.Build.targets"),
            ("above all", ".npmrc"),
        ],
        ["history (stays)"] =
        [
            ("stash", "refs/stash"),
            ("ref by a link", "refs/heads/linked"),
            ("rerere", "rr-cache"),
            ("hooks by a link", "hooks"),
            ("alternates", "objects/info/alternates"),
        ],
        ["shallow (stays)"] = [("shallow", "shallow")],
        ["packed refs (stay)"] = [("packed garbage", "packed-refs")],
        ["worktrees (stay)"] =
        [
            ("foreign HEAD", "worktrees/people/HEAD"),
            ("foreign pointer", "worktrees/people/gitdir"),
            ("half-made entry", "worktrees/half/unfinished"),
        ],
        ["checkout (stays)"] = [("checkout", "checkout: README.md")],
        ["index (stays)"] = [("index of the checkout", "checkout: README.md")],
    };

    public static TheoryData<string> Kinds => new(Plants.Keys);

    [IsolationTheory(DefaultRows = 1)]
    [MemberData(nameof(Kinds))]
    public async Task What_a_worker_plants_is_found_named_and_put_back_where_that_is_safe(string kind)
    {
        await using PipelineFixture rig = await PipelineFixture.CreateAsync();
        await rig.GitAsync("branch", "idle");
        await rig.GitAsync("branch", "gone");
        await rig.GitAsync("worktree", "add", "-q", "-b", "people", Path.Combine(rig.Repository.Root, "people"));
        string hook = Path.Combine(rig.Repository.Path, ".git", "hooks", "mine");
        Directory.CreateDirectory(Path.GetDirectoryName(hook)!);
        await File.WriteAllTextAsync(hook, "#!/bin/sh\n");
        string before = "";
        await using IsolationPipeline pipeline = rig.Compose()
            .Guard(o => (o.Restore, o.HoldUnattributed) = (true, true))
            .RunWith(
                async (worker, token) =>
                {
                    await PipelineFixture.CommitAsync(worker, "own.txt", "mine\n", token);
                    before = await StateAsync(rig);
                    foreach ((string deed, _) in Plants[kind])
                    {
                        await PlantAsync(rig, worker, deed, token);
                    }

                    Assert.NotEqual(before, await StateAsync(rig));
                }
            )
            .Build();

        await using IsolationRun run = pipeline.Start([PipelineFixture.Item("offender")]);
        WorkItemResult result = Assert.Single((await run.Completion).Items);

        Assert.Equal((ItemOutcome.Quarantined, result.Reason), (result.Outcome, result.Reason));
        AttemptReport report = Assert.Single(result.Attempts);
        Assert.NotNull(report.KeptWorkspace);
        Assert.All(report.Contamination, f =>
            Assert.Contains(Plants[kind], p => f.Contains(p.Named, StringComparison.Ordinal))
        );
        Assert.All(Plants[kind], p =>
            Assert.Contains(report.Contamination, f => f.Contains(p.Named, StringComparison.Ordinal))
        );
        if (kind.EndsWith(')'))
        {
            Assert.All(report.Contamination, f => Assert.DoesNotContain("; put back", f, StringComparison.Ordinal));
        }
        else
        {
            Assert.All(report.Contamination, f => Assert.EndsWith("; put back", f, StringComparison.Ordinal));
            Assert.Equal(before, await StateAsync(rig));
        }
    }

    [IsolationFact(Tier = Tier.Ci)]
    public async Task Without_the_option_everything_stays_as_it_was_found()
    {
        await using PipelineFixture rig = await PipelineFixture.CreateAsync();
        await using IsolationPipeline pipeline = rig.Compose()
            .Guard(o => o.HoldUnattributed = true)
            .RunWith(
                async (worker, token) =>
                {
                    await PipelineFixture.CommitAsync(worker, "own.txt", "mine\n", token);
                    await PlantAsync(rig, worker, "config", token);
                }
            )
            .Build();

        await using IsolationRun run = pipeline.Start([PipelineFixture.Item("offender")]);
        WorkItemResult result = Assert.Single((await run.Completion).Items);

        Assert.Equal(ItemOutcome.Quarantined, result.Outcome);
        Assert.Equal("evil@example.org", await rig.GitAsync("config", "user.email"));
    }

    [IsolationFact(Tier = Tier.Ci)]
    public async Task What_a_branch_was_moved_to_stays_pinned_when_it_is_put_back()
    {
        await using PipelineFixture rig = await PipelineFixture.CreateAsync();
        string moved = "";
        await using IsolationPipeline pipeline = rig.Compose()
            .Guard(o => (o.Restore, o.HoldUnattributed) = (true, true))
            .RunWith(
                async (worker, token) =>
                {
                    await PipelineFixture.CommitAsync(worker, "own.txt", "mine\n", token);
                    moved = await PipelineFixture.GitAsync(worker, token, "rev-parse", "HEAD");
                    await PipelineFixture.GitAsync(worker, token, "update-ref", "refs/heads/main", moved);
                }
            )
            .Build();

        await using IsolationRun run = pipeline.Start([PipelineFixture.Item("offender")]);
        await run.Completion;

        Assert.NotEqual(moved, await rig.GitAsync("rev-parse", "main"));
        Assert.Equal(moved, await rig.GitAsync("rev-parse", "refs/isolation/extra/offender/1/heads/main"));
    }

    // Everything of the repository's that is put back, byte by byte, and the barriers.
    private static async Task<string> StateAsync(PipelineFixture rig)
    {
        string git = Path.Combine(rig.Repository.Path, ".git");
        string refs = File.Exists(Path.Combine(git, "packed-refs.lock")) ? "" : string.Join('\n', Refs(git));
        IEnumerable<string> files = Directory
            .EnumerateFiles(git, "*.lock")
            .Concat(Directory.EnumerateFiles(git, "config*"))
            .Concat(Directory.EnumerateFiles(git, "shallow"))
            .Concat(Directory.EnumerateFiles(Path.Combine(git, "objects", "info"), "alternates"))
            .Concat(
                new[] { "hooks", "info", "rr-cache", "worktrees/half", "worktrees/people" }
                    .Select(f => Path.Combine(git, f))
                    .Where(Directory.Exists)
                    .SelectMany(f => Directory.EnumerateFileSystemEntries(f))
            )
            .Concat(
                Directory
                    .EnumerateFiles(rig.Workers)
                    .Where(f =>
                        !f.EndsWith(".log", StringComparison.Ordinal) && !f.EndsWith(".out", StringComparison.Ordinal)
                    )
            )
            .Append(Path.Combine(git, "index"))
            .Append(Path.Combine(rig.Repository.Path, "README.md"));
        string packed = Path.Combine(git, "packed-refs");
        List<string> all =
        [
            refs,
            .. File.Exists(packed) ? (await File.ReadAllLinesAsync(packed)).Where(l => l[0] != '#') : [],
        ];
        foreach (string file in files.Order(StringComparer.Ordinal))
        {
            string? what = File.Exists(file)
                ? $"{new FileInfo(file).UnixFileMode} {Convert.ToHexString(await File.ReadAllBytesAsync(file))}"
                : new DirectoryInfo(file).LinkTarget;
            all.Add($"{file} {what}");
        }

        return string.Join('\n', all);
    }

    private static IEnumerable<string> Refs(string git) =>
        Directory
            .EnumerateFiles(Path.Combine(git, "refs"), "*", SearchOption.AllDirectories)
            .Where(f =>
                !f.Contains("/refs/isolation/", StringComparison.Ordinal)
                && !f.Contains("/offender/", StringComparison.Ordinal)
                && !f.EndsWith($"/{PipelineFixture.Target}", StringComparison.Ordinal)
            )
            .Order(StringComparer.Ordinal)
            .Select(f => $"{f} {File.ReadAllText(f)}");

    private static async Task PlantAsync(
        PipelineFixture rig,
        IsolatedWorker worker,
        string plant,
        CancellationToken token
    )
    {
        string git = Path.Combine(rig.Repository.Path, ".git");
        Task<string> Git(params string[] arguments) => PipelineFixture.GitAsync(worker, token, arguments);
        Task Write(string file, string text = "planted\n")
        {
            string path = Path.Combine(git, file);
            Directory.CreateDirectory(Path.GetDirectoryName(path)!);
            return File.WriteAllTextAsync(path, text, token);
        }

        Task deed = plant switch
        {
            "config" => Git("config", "user.email", "evil@example.org"),
            "config.worktree" => Write("config.worktree", "[user]\n\temail = evil@example.org\n"),
            "hook" => Write("hooks/pre-push", "#!/bin/sh\n"),
            "exclude" => Write("info/exclude", "*.secret\n"),
            "attributes" => Write("info/attributes", "*.txt filter=evil\n"),
            "grafts" => Write("info/grafts", ""),
            "sparse" => Write("info/sparse-checkout", "/*\n"),
            "shallow" => Write("shallow", await Git("rev-parse", "HEAD") + "\n"),
            "alternates" => Write("objects/info/alternates", "/nowhere\n"),
            "rerere" => Task.Run(() => Directory.CreateDirectory(Path.Combine(git, "rr-cache")), token),
            "branch" => Git("branch", "stray"),
            "moved branch" => Git("update-ref", "refs/heads/idle", "HEAD"),
            "deleted branch" => Git("branch", "-q", "-D", "gone"),
            "moved main" => Git("update-ref", "refs/heads/main", "HEAD"),
            "tag" => Git("tag", "-a", "-m", "mine", "v1"),
            "note" => Git("notes", "add", "-m", "mine", "main"),
            "replacement" => Git("replace", "main", "HEAD"),
            "ref by a link" => Task.Run(
                () => File.CreateSymbolicLink(Path.Combine(git, "refs", "heads", "linked"), "main"),
                token
            ),
            "packed garbage" => File.AppendAllTextAsync(Path.Combine(git, "packed-refs"), "no ref at all\n", token),
            "half-made entry" => Write("worktrees/half/commondir", ""),
            "foreign HEAD" => Write("worktrees/people/HEAD", "ref: refs/heads/idle\n"),
            "foreign pointer" => Write("worktrees/people/gitdir", Path.Combine(worker.Workspace.Path, ".git") + "\n"),
            "barrier" => File.WriteAllTextAsync(
                Path.Combine(rig.Workers, "Directory.Build.props"),
                "<Project><PropertyGroup /></Project>",
                token
            ),
            "barrier gone" => Task.Run(() => File.Delete(Path.Combine(rig.Workers, "Directory.Build.targets")), token),
            "above all" => File.WriteAllTextAsync(
                Path.Combine(rig.Workers, ".npmrc"),
                "registry=http://localhost\n",
                token
            ),
            "checkout" => File.WriteAllTextAsync(
                Path.Combine(rig.Repository.Path, "README.md"),
                "overwritten\n",
                token
            ),
            "stash" => StashAsync(),
            "hook mode" => worker.ExecAsync(
                new WorkerCommand("chmod", ["+x", Path.Combine(git, "hooks", "mine")]),
                token
            ),
            "hooks by a link" => Task.Run(() => LinkHooks(git, worker), token),
            "index of the checkout" => StageAsync(),
            _ when plant.EndsWith(".lock", StringComparison.Ordinal) => Write(plant, ""),
            _ => throw new ArgumentOutOfRangeException(nameof(plant), plant, null),
        };
        await deed;

        async Task StashAsync()
        {
            await File.AppendAllTextAsync(Path.Combine(worker.Workspace.Path, "own.txt"), "more\n", token);
            await Git("stash");
        }

        async Task StageAsync() =>
            await PipelineFixture.GitAsync(
                worker,
                token,
                "-C",
                rig.Repository.Path,
                "rm",
                "-q",
                "--cached",
                "README.md"
            );
    }

    private static void LinkHooks(string git, IsolatedWorker worker)
    {
        Directory.Move(Path.Combine(git, "hooks"), Path.Combine(git, "hooks.away"));
        Directory.CreateSymbolicLink(Path.Combine(git, "hooks"), worker.Workspace.Path);
    }
}
