using System.Text.RegularExpressions;
using Isolation.Sdk.IO;
using Isolation.Sdk.Testing;
using Isolation.Sdk.Tests.Host;
using Isolation.Sdk.Tests.Infrastructure;

namespace Isolation.Sdk.Tests.BadInput;

/// <summary>What is strange and can work does work, and leaves what any run leaves: attempts' refs, logs, the
/// target.</summary>
public sealed partial class AllowedTests(HostFixture fixture) : IClassFixture<HostFixture>
{
    private static readonly string[] Ids =
    [
        "../../etc/passwd",
        "..",
        "-rf",
        "a b",
        "a@{1}",
        "a.lock",
        ".git",
        "a",
        "a/x",
        "HEAD",
        "con",
        "NUL.txt",
        "cafe\u0301",
        "caf\u00e9",
        "\u202etxt.exe",
        "$(touch pwned)",
        "*",
        "a\\b",
        new string('x', 999),
    ];

    private static readonly string[] More =
    [
        "--all",
        " lead",
        "@{-1}",
        "x.lock.lock",
        "a/x/y",
        "refs/heads/main",
        "com1",
        "LPT9.log",
        "aux.",
        "💥",
        "`id`",
        "a;b",
        "a|b",
        "?",
        "C:\\x",
        "%2e%2e",
        "{item}",
        "~",
        "#",
        "İ",
        new string('x', 300),
        new string('x', 301),
        new string('é', 999),
    ];

    [IsolationFact(Tools.Linux, Tier = Tier.Ci)]
    public async Task Hostile_ids_and_titles_are_carried_out_side_by_side()
    {
        await using ThrowawayRepository repository = await ThrowawayRepository.CreateAsync();
        string[] titles =
        [
            "Plain",
            "-m",
            "#5",
            "two\n\nIsolation-Attempt: other.9\nIsolation-Item: other",
            new string('t', 5_000),
            "\u001b[31mred\u0007",
            "\0",
            "{attempt} {item}",
            "e\u0301",
            "\"; rm -rf /",
        ];
        HostItem[] items =
        [
            .. (TestPlan.Current.Runs(Tier.Ci) ? [.. Ids, .. More] : Ids).Select(
                (id, n) => new HostItem(id) { Title = titles[n % titles.Length] }
            ),
        ];

        await WorksAsync(repository, new HostRequest(repository.Path) { Items = items });

        string trailers = await repository.GitAsync([
            "log",
            "--first-parent",
            "--format=%(trailers:key=Isolation-Attempt,valueonly)",
            "main..landing",
        ]);
        Assert.Equal(items.Length, trailers.Split('\n', StringSplitOptions.RemoveEmptyEntries).Distinct().Count());
        Assert.DoesNotContain("other.9", trailers.Split('\n'));
    }

    private static readonly string[] Usual =
    [
        "detached HEAD",
        "dirty",
        "space in its path",
        "packed refs",
        "a branch beside a/x",
    ];
    private static readonly string[] Unusual =
    [
        "unicode in its path",
        "dash in front",
        "bare",
        "a linked worktree",
        "a template without {attempt}",
        "a target in a folder",
        "a hostile config",
    ];

    public static TheoryData<string> Repositories =>
        TestPlan.Current.Runs(Tier.Ci) ? [.. Usual, .. Unusual] : [.. Usual];

    [IsolationTheory(Tools.Linux, DefaultRows = 1)]
    [MemberData(nameof(Repositories))]
    public async Task A_repository_in_a_strange_state_is_worked_on_and_not_disturbed(string state)
    {
        await using ThrowawayRepository repository = await ThrowawayRepository.CreateAsync();
        HostRequest request = new(repository.Path);
        string Moved(string name)
        {
            string path = Path.Combine(
                Directory.CreateDirectory(Path.Combine(repository.Root, "inner")).FullName,
                name
            );
            Directory.Move(repository.Path, path);
            return path;
        }

        switch (state)
        {
            case "detached HEAD":
                await repository.GitAsync(["checkout", "-q", "--detach"]);
                break;
            case "dirty":
                await File.WriteAllTextAsync(Path.Combine(repository.Path, "README.md"), "not committed\n");
                await File.WriteAllTextAsync(Path.Combine(repository.Path, "new"), "not added\n");
                break;
            case "space in its path":
                request = new HostRequest(Moved("a repo"));
                break;
            case "unicode in its path":
                request = new HostRequest(Moved("re\u0301po 💥"));
                break;
            case "dash in front":
                request = new HostRequest(Moved("-repo"));
                break;
            case "packed refs":
                await repository.GitAsync(["pack-refs", "--all"]);
                break;
            case "bare":
                await repository.GitAsync(["clone", "-q", "--bare", repository.Path, repository.Path + ".git"]);
                request = new HostRequest(repository.Path + ".git");
                break;
            case "a branch beside a/x":
                await repository.GitAsync(["branch", "a"]);
                request = request with { Items = [new("a"), new("a/x")] };
                break;
            case "a linked worktree":
                await repository.GitAsync(["worktree", "add", "-q", Path.Combine(repository.Root, "linked")]);
                request = new HostRequest(Path.Combine(repository.Root, "linked"));
                break;
            case "a template without {attempt}":
                request = request with { Template = "w/{item}", Attempts = 2 };
                break;
            case "a target in a folder":
                request = request with { Target = "isolation/main" };
                break;
            case "a hostile config":
                foreach (
                    (string key, string value) in new[]
                    {
                        ("core.hooksPath", "/nowhere"),
                        ("core.fsmonitor", "/bin/false"),
                        ("core.editor", "false"),
                        ("commit.gpgsign", "true"),
                        ("core.logAllRefUpdates", "false"),
                        ("merge.ours.driver", "false"),
                        ("core.attributesFile", "/nowhere"),
                        ("init.defaultBranch", "x..y"),
                    }
                )
                {
                    await repository.GitAsync(["config", key, value]);
                }

                break;
        }

        await WorksAsync(repository, request);
    }

    private async Task WorksAsync(ThrowawayRepository repository, HostRequest request)
    {
        string[] before = await HostSnapshot.TakeAsync(request.Repository, fixture.Temp, fixture.Host.Id);

        HostAnswer answer = await fixture.Host.AskAsync(request);

        Assert.Empty(answer.Faults);
        Assert.Equal(request.Items.Count, answer.Items.Count);
        Assert.All(answer.Items, i => Assert.Equal((i.Item, "Landed", null), (i.Item, i.Outcome, i.Reason)));
        string[] landed = (
            await ThrowawayRepository.GitInAsync(request.Repository, ["ls-tree", "--name-only", request.Target])
        ).Split('\n');
        Assert.All(request.Items, i => Assert.Contains(AttemptNames.FileName(new AttemptId(i.Id, 1)) + ".txt", landed));

        string[] after = await HostSnapshot.TakeAsync(request.Repository, fixture.Temp, fixture.Host.Id);
        Assert.DoesNotContain(before.Except(after), l =>
            !l.Contains($"/{Path.GetFileName(request.Repository)}/.git/worktrees", StringComparison.Ordinal)
        );
        string[] strange = [.. after.Except(before).Where(l => !IsLeftByAnyRun(l, request, repository.Root))];
        Assert.True(strange.Length == 0, string.Join('\n', strange));
        Assert.Equal(
            request.Items.Count,
            after.Count(l =>
                l.StartsWith("ref: ", StringComparison.Ordinal)
                && l.Contains("refs/isolation/attempts/", StringComparison.Ordinal)
            )
        );
    }

    /// <summary>The documented leftovers of a run: objects, the target and its log, the attempts' refs, the library's
    /// own folder, and beside the repository a log for each worker and the barriers.</summary>
    private static bool IsLeftByAnyRun(string line, HostRequest request, string root)
    {
        if (line.StartsWith("ref: ", StringComparison.Ordinal))
        {
            string name = line.Split(' ')[2];
            return name == $"refs/heads/{request.Target}"
                || name.StartsWith("refs/isolation/attempts/", StringComparison.Ordinal);
        }

        if (!line.StartsWith("beside: ", StringComparison.Ordinal))
        {
            return false;
        }

        string path = line["beside: ".Length..].Replace(root, "", StringComparison.Ordinal);
        return InGit().IsMatch(path) || BesideIt().IsMatch(path);
    }

    [GeneratedRegex(@"(/\.git|\.git)/(objects/|refs/isolation|refs/heads|logs|isolation)", RegexOptions.Singleline)]
    private static partial Regex InGit();

    [GeneratedRegex(
        @"\.workers( folder|/\.trash folder|/[a-z0-9_.-]+\.log "
            + @"|/(Directory\.(Build|Packages|Solution)\.(props|targets|rsp)|global\.json|nuget\.config|\.editorconfig"
            + @"|package\.json|\.config)[ /])",
        RegexOptions.Singleline
    )]
    private static partial Regex BesideIt();
}
