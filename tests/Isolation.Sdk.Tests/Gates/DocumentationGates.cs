using System.Reflection;
using System.Text.RegularExpressions;
using Isolation.Sdk.Monitoring;
using Isolation.Sdk.Sandbox;
using Isolation.Sdk.Tests.Infrastructure;

namespace Isolation.Sdk.Tests.Gates;

/// <summary>What the documents say is true: their code compiles, their links lead somewhere, and the tests they name
/// exist.</summary>
public sealed partial class DocumentationGates
{
    [IsolationFact]
    public async Task Every_csharp_fence_compiles()
    {
        List<string> wrong = [];
        foreach (string file in await DocumentsAsync())
        {
            wrong.AddRange(
                Snippet.In(file, await Sources.ReadAsync(file)).SelectMany(s => s.Errors().Select(e => $"{s}: {e}"))
            );
        }

        Gate.HoldsUnless(wrong);
    }

    [IsolationTheory]
    [InlineData("using Isolation.Sdk;\nAttemptId id = new(\"a\", 1);\nConsole.WriteLine(id);", true)]
    [InlineData("public int Twice(int x) => 2 * x;", true)]
    [InlineData(
        "using Isolation.Sdk;\npublic sealed class Mine : IAgentRunner { public Task<RunResult> "
            + "RunAsync(IsolatedWorker worker, CancellationToken cancellationToken) => "
            + "Task.FromResult<RunResult>(new RunResult.Done()); }",
        false,
        "CS5001"
    )]
    [InlineData("int x = \"no number\";", false, "CS0029")]
    [InlineData("new NoSuchType();", false, "CS0246")]
    public void A_snippet_that_does_not_compile_is_found(string code, bool compiles, string expected = "")
    {
        Snippet snippet = Assert.Single(Snippet.In("a.md", $"Text\n\n```csharp\n{code}\n```\n"));

        Assert.Equal(3, snippet.Line);
        IReadOnlyList<string> errors = snippet.Errors();
        if (expected == "CS5001")
        {
            // A type alone is no program, and is fine as a member.
            Assert.Empty(errors);
            return;
        }

        Assert.True(compiles == (errors.Count == 0), string.Join('\n', errors));
        Assert.All(errors, e => Assert.StartsWith(expected, e, StringComparison.Ordinal));
    }

    [IsolationFact]
    public void A_snippet_may_be_given_names_or_be_a_fragment()
    {
        Snippet[] snippets =
        [
            .. Snippet.In(
                "a.md",
                "<!-- snippet: given int a; string b -->\n```csharp\nConsole.WriteLine(b + a);\n```\n\n"
                    + "<!-- snippet: fragment -->\n```csharp\n.Then(…)\n```\n\n```text\nno code\n```\n"
            ),
        ];

        Assert.Equal(2, snippets.Length);
        Assert.All(snippets, s => Gate.HoldsUnless(s.Errors()));
        Assert.True(snippets[1].IsFragment);
    }

    [IsolationFact]
    public async Task Every_guarantee_names_a_test_that_exists()
    {
        IReadOnlyList<IReadOnlyList<string>> rows = Rows(
            await Sources.ReadAsync("docs/reference/guarantees.md"),
            "tests that prove it"
        );

        Assert.True(rows.Count >= 24, $"Only {rows.Count} guarantees are left.");
        AreTests(rows);
    }

    [IsolationFact]
    public async Task Each_of_the_fourteen_invariants_of_a_merge_queue_names_a_test_that_exists()
    {
        IReadOnlyList<IReadOnlyList<string>> rows = Rows(
            await Sources.ReadAsync("docs/internals/merge-queue.md"),
            "invariants"
        );

        Assert.Equal(14, rows.Count);
        AreTests(rows);
    }

    [IsolationFact]
    public async Task Every_option_is_documented()
    {
        string page = await Sources.ReadAsync("docs/reference/options.md");
        string[] sections = page.ReplaceLineEndings("\n").Split("\n## ");
        List<string> missing = [];
        foreach (Type options in PublicOptions())
        {
            string section = Array.Find(sections, s => s.StartsWith($"`{options.Name}`", StringComparison.Ordinal))
                ?? "";
            missing.AddRange(
                options
                    .GetProperties()
                    .Where(p => !section.Contains($"`{p.Name}`", StringComparison.Ordinal))
                    .Select(p => $"{options.Name}.{p.Name}")
            );
        }

        Gate.HoldsUnless(missing);
    }

    [IsolationFact]
    public async Task Every_activity_metric_and_event_is_documented()
    {
        string page = await Sources.ReadAsync("docs/reference/telemetry.md");
        List<string> names = [.. Enum.GetNames<WorkerEventKind>()];
        foreach (
            string file in (await Sources.LibraryAsync()).Where(f =>
                f.StartsWith("src/Isolation.Sdk/", StringComparison.Ordinal)
            )
        )
        {
            names.AddRange(
                TelemetryName().Matches(await Sources.ReadAsync(file)).Select(m => m.Groups[1].Value).Distinct()
            );
        }

        Gate.HoldsUnless(names.Distinct().Where(n => !page.Contains($"`{n}`", StringComparison.Ordinal)));
    }

    [IsolationFact]
    public async Task The_architecture_names_every_folder_and_only_types_and_methods_that_exist()
    {
        string page = (await Sources.ReadAsync("docs/internals/architecture.md")).ReplaceLineEndings("\n");
        List<string> wrong =
        [
            .. (await Sources.LibraryAsync())
                .Select(f => f.Split('/'))
                .Where(f => f[1] == "Isolation.Sdk" && f.Length > 3)
                .SelectMany(f => f[2..^1])
                .Distinct()
                .Where(folder => !page.Contains($"`{folder}/", StringComparison.Ordinal))
                .Select(folder => $"The folder {folder} is missing."),
        ];
        Type[] types = typeof(IIsolationAxis).Assembly.GetTypes();
        HashSet<string> known =
        [
            .. types.Select(t => t.Name.Split('`')[0]),
            .. types.SelectMany(t =>
                t.GetMembers(BindingFlags.Public | BindingFlags.NonPublic | BindingFlags.Static | BindingFlags.Instance)
                    .Select(m => m.Name)
            ),
        ];
        foreach (Match story in LifeStory().Matches(page))
        {
            wrong.AddRange(
                story
                    .Groups[1]
                    .Value.Split('\n')
                    .SelectMany(line => CodeName().Matches(Comment().Split(line.TrimStart())[0]).Select(m => m.Value))
                    .Where(name => !known.Contains(name))
                    .Select(name => $"Nothing is called {name}.")
            );
        }

        Gate.HoldsUnless(wrong);
    }

    [IsolationFact]
    public async Task The_readme_is_short()
    {
        string[] lines = await Sources.LinesAsync("README.md");

        Assert.True(lines.Length <= 150, $"The README has {lines.Length} lines; 150 is enough.");
    }

    [IsolationFact]
    public void A_row_without_a_test_is_seen()
    {
        IReadOnlyList<IReadOnlyList<string>> rows = Rows(
            "# T\n\n| a | b |\n|---|---|\n| x | `Other.Table` |\n\n## Guarantees, and the test of each\n\n"
                + "| what | test |\n|---|---|\n| one | `A.B_c`, `D.E` |\n| two | none |\n\n## Next\n",
            "guarantee"
        );

        Assert.Equal(2, rows.Count);
        Assert.Equal(["A.B_c", "D.E"], rows[0]);
        Assert.Empty(rows[1]);
    }

    [IsolationFact]
    public async Task Every_relative_link_leads_to_a_file()
    {
        List<string> dead = [];
        foreach (string file in await DocumentsAsync())
        {
            string text = await Sources.ReadAsync(file);
            dead.AddRange(
                Link()
                    .Matches(text)
                    .Select(m => m.Groups[1].Value)
                    .Where(l =>
                        l.Length > 0
                        && !l.Contains(':', StringComparison.Ordinal)
                        && !Path.Exists(Path.Combine(Path.GetDirectoryName(Project.At(file))!, l))
                    )
                    .Select(l => $"{file}: {l}")
            );
        }

        Gate.HoldsUnless(dead);
    }

    private static void AreTests(IReadOnlyList<IReadOnlyList<string>> rows)
    {
        Assert.All(rows, row => Assert.NotEmpty(row));
        string[] tests = [.. RepositoryGates.Tests.Select(RepositoryGates.Named)];
        Gate.HoldsUnless(
            rows.SelectMany(r => r)
                .Where(name => !tests.Any(t => t == name || t.EndsWith("." + name, StringComparison.Ordinal)))
                .Select(name => $"There is no test {name}.")
        );
    }

    private static async Task<string[]> DocumentsAsync() =>
        [
            .. (await Sources.AllAsync()).Where(p =>
                p.EndsWith(".md", StringComparison.Ordinal)
                && (!p.Contains('/', StringComparison.Ordinal) || p.StartsWith("docs/", StringComparison.Ordinal))
            ),
        ];

    /// <summary>The names in backticks in the last cell of each row of the table under the heading with that
    /// word.</summary>
    private static IReadOnlyList<IReadOnlyList<string>> Rows(string document, string word)
    {
        string[] lines = document.ReplaceLineEndings("\n").Split('\n');
        return
        [
            .. lines
                .SkipWhile(l => !(l.StartsWith('#') && l.Contains(word, StringComparison.OrdinalIgnoreCase)))
                .Skip(1)
                .TakeWhile(l => !l.StartsWith('#'))
                .Where(l => l.StartsWith('|'))
                .Skip(2)
                .Select(l =>
                    (IReadOnlyList<string>)
                        [.. TestName().Matches(l.TrimEnd().TrimEnd('|').Split('|')[^1]).Select(m => m.Groups[1].Value)]
                ),
        ];
    }

    // Nested ones (a pool's size) are told beside the option that holds them.
    private static IEnumerable<Type> PublicOptions() =>
        typeof(IIsolationAxis)
            .Assembly.GetExportedTypes()
            .Where(t =>
                (t.Name.EndsWith("Options", StringComparison.Ordinal) || t == typeof(ProcessLimits))
                && t.GetConstructor([]) is not null
                && t.GetProperties().Length > 0
            );

    [GeneratedRegex(
        "^## The life of [^\\n]*\\n\\n```text\\n(.*?)```",
        RegexOptions.Multiline | RegexOptions.Singleline
    )]
    private static partial Regex LifeStory();

    // What stands behind two spaces or more is a comment.
    [GeneratedRegex(" {2,}")]
    private static partial Regex Comment();

    [GeneratedRegex(@"\b[A-Z]\w*[a-z]\w*")]
    private static partial Regex CodeName();

    [GeneratedRegex("\"(isolation\\.[a-z]+(?:\\.[a-z]+)*)\"")]
    private static partial Regex TelemetryName();

    [GeneratedRegex(@"`(\w+(?:\.\w+)+)`")]
    private static partial Regex TestName();

    [GeneratedRegex(@"\]\(([^)#\s]*)(?:#[^)]*)?\)")]
    private static partial Regex Link();
}
