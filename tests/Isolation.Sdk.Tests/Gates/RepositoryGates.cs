using System.Reflection;
using System.Text.RegularExpressions;
using System.Xml.Linq;
using Isolation.Sdk.Testing;
using Isolation.Sdk.Tests.Infrastructure;

namespace Isolation.Sdk.Tests.Gates;

/// <summary>What keeps a clone working on any machine.</summary>
public sealed partial class RepositoryGates
{
    [IsolationFact]
    public async Task The_package_source_is_the_machines_own()
    {
        string text = await Sources.ReadAsync("nuget.config");
        XDocument config = XDocument.Parse(text);

        Assert.DoesNotContain(config.Descendants(), e =>
            e.Name.LocalName is "packageSources" or "clear" or "packageSourceMapping"
        );
        Assert.DoesNotContain("http", text, StringComparison.OrdinalIgnoreCase);
    }

    [IsolationFact]
    public async Task An_advisory_never_breaks_a_build()
    {
        string props = XDocument
            .Parse(await Sources.ReadAsync("Directory.Build.props"))
            .Descendants("WarningsNotAsErrors")
            .Single()
            .Value;

        Assert.All(new[] { "NU1900", "NU1901", "NU1902", "NU1903", "NU1904", "NU1905" }, code =>
            Assert.Contains(code, props.Split(';'))
        );
    }

    [IsolationFact]
    public async Task Every_project_is_in_the_solution_and_every_one_there_exists()
    {
        string[] projects = [.. (await Sources.AllAsync()).Where(p => p.EndsWith(".csproj", StringComparison.Ordinal))];
        string[] listed =
        [
            .. SolutionProject()
                .Matches(await Sources.ReadAsync("Isolation.Sdk.sln"))
                .Select(m => m.Groups[1].Value.Replace('\\', '/'))
                .Order(StringComparer.Ordinal),
        ];

        Assert.Equal(projects.Order(StringComparer.Ordinal), listed);
    }

    [IsolationFact]
    public async Task Every_package_has_one_central_version()
    {
        string[] central =
        [
            .. XDocument
                .Parse(await Sources.ReadAsync("Directory.Packages.props"))
                .Descendants("PackageVersion")
                .Select(e => e.Attribute("Include")!.Value),
        ];
        List<string> wrong = [];
        foreach (
            string path in (await Sources.AllAsync()).Where(p =>
                p.EndsWith(".csproj", StringComparison.Ordinal) || p.EndsWith(".props", StringComparison.Ordinal)
            )
        )
        {
            wrong.AddRange(
                XDocument
                    .Parse(await Sources.ReadAsync(path))
                    .Descendants("PackageReference")
                    .Where(e => e.Attribute("Version") is not null || !central.Contains(e.Attribute("Include")?.Value))
                    .Select(e => $"{path}: {e}")
            );
        }

        Gate.HoldsUnless(wrong);
        Assert.Equal(central.Length, central.Distinct(StringComparer.OrdinalIgnoreCase).Count());
    }

    /// <summary>A package's page knows nothing of the repository around it.</summary>
    [IsolationFact]
    public async Task Every_package_has_a_readme_of_its_own_with_absolute_links()
    {
        List<string> wrong = [];
        foreach (
            string project in (await Sources.AllAsync()).Where(p =>
                p.StartsWith("src/", StringComparison.Ordinal) && p.EndsWith(".csproj", StringComparison.Ordinal)
            )
        )
        {
            if ((await Sources.ReadAsync(project)).Contains("<IsPackable>false", StringComparison.Ordinal))
            {
                continue;
            }

            string readme = $"{Path.GetDirectoryName(project)!.Replace('\\', '/')}/README.md";
            wrong.AddRange(
                File.Exists(Project.At(readme))
                    ? RelativeLink().Matches(await Sources.ReadAsync(readme)).Select(m => $"{readme}: {m.Value}")
                    : [$"{readme} is missing"]
            );
        }

        Gate.HoldsUnless(wrong);
        Assert.Equal(
            ["](docs/a.md)", "](../b)"],
            RelativeLink().Matches("[a](docs/a.md) [b](https://example.org/) [c](../b) [d](#here)").Select(m => m.Value)
        );
    }

    [IsolationFact]
    public async Task No_source_is_hidden_by_gitignore()
    {
        string hidden = await ThrowawayRepository.GitInAsync(
            Project.Root,
            [
                "-c",
                $"safe.directory={Project.Root}",
                "ls-files",
                "--others",
                "--ignored",
                "--exclude-standard",
                "--",
                "*.cs",
                "*.csproj",
                "*.md",
                "*.verified.txt",
            ]
        );

        string[] output = ["bin", "obj", "artifacts", "TestResults", "BenchmarkDotNet.Artifacts"];
        Assert.DoesNotContain(hidden.Split('\n', StringSplitOptions.RemoveEmptyEntries), p =>
            !p.Split('/').Intersect(output).Any()
        );
    }

    [IsolationFact]
    public void Every_async_test_has_a_time_limit() =>
        Gate.HoldsUnless(
            Tests
                .Where(m => m.ReturnType != typeof(void) && m.GetCustomAttribute<FactAttribute>()!.Timeout <= 0)
                .Select(Named)
        );

    [IsolationFact]
    public void Tests_are_skipped_for_what_the_machine_lacks_and_for_nothing_else() =>
        Gate.HoldsUnless(Tests.Where(m => m.GetCustomAttribute<FactAttribute>()!.Skip is not null).Select(Named));

    [IsolationFact]
    public void Every_expected_skip_names_a_test() =>
        Gate.HoldsUnless(TestPlan.Current.ExpectedSkips.Select(l => l.Split(": ")[0]).Except(Tests.Select(Named)));

    internal static IEnumerable<MethodInfo> Tests =>
        typeof(RepositoryGates)
            .Assembly.GetTypes()
            .SelectMany(t => t.GetMethods(BindingFlags.Public | BindingFlags.Instance | BindingFlags.Static))
            .Where(m => m.IsDefined(typeof(FactAttribute)));

    internal static string Named(MethodInfo test) => $"{test.ReflectedType!.FullName}.{test.Name}";

    [GeneratedRegex(@"\]\((?!https://|#)[^)]*\)")]
    private static partial Regex RelativeLink();

    [GeneratedRegex("\"([^\"]+\\.csproj)\"")]
    private static partial Regex SolutionProject();
}
