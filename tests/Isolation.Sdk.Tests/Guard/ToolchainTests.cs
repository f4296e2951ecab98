using Isolation.Sdk.Monitoring;
using Isolation.Sdk.Platform;
using Isolation.Sdk.Tests.Infrastructure;

namespace Isolation.Sdk.Tests.Guard;

/// <summary>
/// Two workers build two versions of one solution at the same time (W01, W08 to W11, W14), with a package of the
/// host's, offline.
/// </summary>
public sealed class ToolchainTests
{
    // Waits until both are at work. What it says: the version it built, what it inherited, what is alive of its build,
    // and what was copied into its package folder.
    private const string Work = """
        until test -e "$1/go"; do sleep 0.1; done
        echo "<Project><PropertyGroup><InformationalVersion>$ISOLATION_WORKER</InformationalVersion></PropertyGroup></Project>" > Version.props
        sed -i "s/nobody/$ISOLATION_WORKER/" Lib/Lib.cs
        dotnet build all.slnx > "$TMPDIR/build.txt" 2>&1 || { cat "$TMPDIR/build.txt"; exit 1; }
        dotnet App/bin/Debug/net10.0/App.dll > "$ISOLATION_WORKER.txt"
        grep -lasF "HOME=$HOME" /proc/[0-9]*/environ | while read e; do tr '\0' ' ' < "${e%environ}cmdline"; done | grep -cE "[V]BCSCompiler|[n]odemode" >> "$ISOLATION_WORKER.txt" || true
        ls "$NUGET_PACKAGES" 2>/dev/null | wc -l >> "$ISOLATION_WORKER.txt"
        git checkout -q -- . && git add "$ISOLATION_WORKER.txt" && git commit -qm "Build $ISOLATION_WORKER"
        """;

    [IsolationFact("dotnet", Tier = Tier.Ci, Timeout = 240_000)]
    public Task Two_versions_are_built_at_once_by_cooperative_workers() => BuildAsync(SandboxLevel.Cooperative);

    [IsolationFact("dotnet", Tools.Landlock, Tier = Tier.Ci, Timeout = 240_000)]
    public Task Two_versions_are_built_at_once_by_restricted_workers() => BuildAsync(SandboxLevel.Restricted);

    [IsolationFact("dotnet", Tools.Bubblewrap, Tier = Tier.Ci, Timeout = 240_000)]
    public Task Two_versions_are_built_at_once_by_sealed_workers() => BuildAsync(SandboxLevel.Sealed);

    private static async Task BuildAsync(SandboxLevel level)
    {
        await using PipelineFixture rig = await PipelineFixture.CreateAsync();
        string signal = Directory.CreateTempSubdirectory("isolation-signal-").FullName;
        try
        {
            File.WriteAllText(
                Path.Combine(rig.Repository.Root, "Directory.Build.props"),
                "<Project><PropertyGroup><Company>Inherited</Company></PropertyGroup></Project>"
            );
            await rig.Repository.CommitAsync("Solution", Solution());
            IsolationPipelineBuilder builder = rig.Compose()
                .UseLevel(level)
                .RunProcess("sh", "-ec", Work, "sh", signal);
            _ = level switch
            {
                SandboxLevel.Restricted => builder.Sandbox.UseRestricted(o => o.ReadablePaths.Add(signal)),
                SandboxLevel.Sealed => builder.Sandbox.UseSealed(o => o.ReadablePaths.Add(signal)),
                _ => builder.Sandbox.UseProcess(),
            };
            await using IsolationPipeline pipeline = builder.Build();
            await using IsolationRun run = pipeline.Start([PipelineFixture.Item("v1"), PipelineFixture.Item("v2")]);
            Task start = StartTogetherAsync(pipeline, run.WatchAsync(), Path.Combine(signal, "go"));

            IsolationSummary summary = await run.Completion;
            await start;

            Assert.True(
                summary.Count(ItemOutcome.Landed) == 2,
                string.Join(
                    '\n',
                    summary
                        .Items.Select(i => i.ToString())
                        .Concat(Directory.GetFiles(rig.Workers, "*.out").Select(File.ReadAllText))
                )
            );
            foreach (string worker in new[] { "v1.1", "v2.1" })
            {
                Assert.Equal(
                    $"{worker} by {worker} of Inherited\n0\n0",
                    await rig.GitAsync("show", $"landing:{worker}.txt")
                );
            }
        }
        finally
        {
            SafeDelete.DeleteTree(signal);
        }
    }

    private static async Task StartTogetherAsync(
        IsolationPipeline pipeline,
        IAsyncEnumerable<WorkerEvent> events,
        string signal
    )
    {
        bool BothRun() => pipeline.Workers.Count(w => w.Stage == Stage.Run) == 2;
        if (!BothRun())
        {
            await foreach (WorkerEvent _ in events)
            {
                if (BothRun())
                {
                    break;
                }
            }
        }

        await File.WriteAllTextAsync(signal, "");
    }

    private static Dictionary<string, string> Solution()
    {
        string packages = Environment.GetEnvironmentVariable("NUGET_PACKAGES")
            ?? Path.Combine(Environment.GetFolderPath(Environment.SpecialFolder.UserProfile), ".nuget", "packages");
        string polly = Path.GetFileName(Directory.EnumerateDirectories(Path.Combine(packages, "polly.core")).Last());
        const string Properties =
            "<Import Project=\"../Version.props\" /><PropertyGroup><TargetFramework>net10.0</TargetFramework>"
            + "<NuGetAudit>false</NuGetAudit><IncludeSourceRevisionInInformationalVersion>false"
            + "</IncludeSourceRevisionInInformationalVersion></PropertyGroup>";
        return new Dictionary<string, string>
        {
            [".gitignore"] = "bin/\nobj/\n",
            ["all.slnx"] =
                "<Solution><Project Path=\"App/App.csproj\" /><Project Path=\"Lib/Lib.csproj\" /></Solution>",
            ["Version.props"] = "<Project />",
            // What is not at the host already could not be had.
            ["nuget.config"] =
                "<configuration><packageSources><clear /><add key=\"empty\" value=\"Lib\" "
                + "/></packageSources></configuration>",
            ["Lib/Lib.csproj"] =
                $"<Project Sdk=\"Microsoft.NET.Sdk\">{Properties}<ItemGroup><PackageReference "
                + $"Include=\"Polly.Core\" Version=\"{polly}\" /></ItemGroup></Project>",
            ["Lib/Lib.cs"] =
                "public static class Lib { public static string Author => \"nobody\"; public static object "
                + "Uses => Polly.ResiliencePipeline.Empty; }",
            ["App/App.csproj"] =
                $"<Project Sdk=\"Microsoft.NET.Sdk\">{Properties}<PropertyGroup><OutputType>Exe</OutputType>"
                + "</PropertyGroup><ItemGroup><ProjectReference Include=\"../Lib/Lib.csproj\" /></ItemGroup></Project>",
            ["App/App.cs"] = """
                using System.Reflection;
                string Said<T>(System.Func<T, string?> what) where T : System.Attribute => what(Assembly.GetExecutingAssembly().GetCustomAttribute<T>()!)!;
                System.Console.WriteLine($"{Said<AssemblyInformationalVersionAttribute>(a => a.InformationalVersion)} by {Lib.Author} of {Said<AssemblyCompanyAttribute>(a => a.Company)}");
                """,
        };
    }
}
