using static Isolation.Sdk.Leaks.LeakOutcome;
using static Isolation.Sdk.Leaks.LeakStep;
using static Isolation.Sdk.SandboxLevel;

namespace Isolation.Sdk.Leaks;

/// <summary>Toolchains that look above the work tree. What the offender puts above is what is above the folder that all
/// workers are in: nothing is there when they start.</summary>
internal static class ToolchainRows
{
    private const string Barrier =
        "a file of that name in the workers' folder, made when a worker starts, ends the search";

    private const string OutOfReach = "nothing above the worker's own folder can be written";

    // "d" is the nearest folder that both work trees lie in, "up" the one above it.
    private const string Above =
        """d=$1; until case "$PWD/" in "$d"/*) true;; *) false;; esac; do d=$(dirname "$d"); done; """
        + """up=$(dirname "$d"); """;

    public static IEnumerable<LeakRow> All =>
        new[] { Looking, ToolchainCacheRows.All }
            .SelectMany(rows => rows)
            .OrderBy(row => row.Id, StringComparer.Ordinal);

    private static IEnumerable<LeakRow> Looking =>
        [
            new LeakRow(
                "W01",
                "Directory.Build.props, .targets, .rsp and Directory.Packages.props above",
                Dotnet(
                    A(
                        Above
                            + """
                            for f in Build.props Build.targets Packages.props; do echo "<Project><PropertyGroup><From$f>above</From$f></PropertyGroup></Project>" | sed "s/From\([A-Z][a-z]*\)\.\([a-z]*\)/From\1\2/g" > "$up/Directory.$f"; done
                            echo -p:FromRsp=above > "$up/Directory.Build.rsp"
                            """
                    ),
                    B(
                        DotnetProject.Quiet
                            + "dotnet msbuild p.csproj "
                            + "-getProperty:FromBuildprops,FromBuildtargets,FromPackagesprops,FromRsp | grep "
                            + "-q above && echo LEAK"
                    )
                )
            ).FromLevel(Cooperative, LeakOutcome.Sealed, Barrier),
            new LeakRow(
                "W02",
                "global.json above",
                Dotnet(
                    A(Above + """echo '{"sdk":{"version":"99.9.999","rollForward":"disable"}}' > "$up/global.json" """),
                    B(DotnetProject.Quiet + "dotnet --version 2>&1 | grep -q 99.9.999 && echo LEAK")
                )
            ).FromLevel(Cooperative, LeakOutcome.Sealed, Barrier),
            new LeakRow(
                "W03",
                "nuget.config above",
                Dotnet(
                    A(
                        Above
                            + """echo "<configuration><packageSources><add key=\"evil\" value=\"/$4\" """
                            + """/></packageSources></configuration>" > "$up/nuget.config" """
                    ),
                    B(DotnetProject.Quiet + "dotnet nuget list source | grep -q \"$4\" && echo LEAK")
                )
            )
                .Cooperative(
                    LeakOutcome.Leak,
                    "open: NuGet merges every file up to the root; what is above when workers start is "
                        + "shut off, what comes later is not"
                )
                .FromLevel(Restricted, LeakOutcome.Sealed, OutOfReach),
            new LeakRow(
                "W04",
                ".editorconfig above",
                Dotnet(
                    A(
                        Above
                            + """printf '[*.cs]\ndotnet_diagnostic.CS0219.severity = error\n' > "$up/.editorconfig" """
                    ),
                    B(
                        DotnetProject.Quiet
                            + $"dotnet build p.csproj -v:q {DotnetProject.NoServers} 2>&1 | grep -q 'error "
                            + $"CS0219' && echo LEAK"
                    )
                )
            ).FromLevel(Cooperative, LeakOutcome.Sealed, Barrier),
            new LeakRow(
                "W05",
                "node_modules above",
                Node(
                    A(
                        Above
                            + """mkdir "$up/node_modules"; echo 'module.exports = "LEAK"' > "$up/node_modules/evil.js" """
                    ),
                    B("""node -e 'console.log(require("evil"))'""")
                )
            )
                .Cooperative(LeakOutcome.Leak, "open: node looks in every folder up to the root, and no file ends that")
                .FromLevel(Restricted, LeakOutcome.Sealed, OutOfReach),
            new LeakRow(
                "W06",
                "package.json above",
                Node(
                    A(Above + """echo '{"type":"module"}' > "$up/package.json" """),
                    B("""echo 'console.log(typeof require === "undefined" ? "LEAK" : "its own")' > x.js; node x.js""")
                )
            ).FromLevel(Cooperative, LeakOutcome.Sealed, Barrier),
            new LeakRow(
                "W07",
                ".config/dotnet-tools.json above",
                Dotnet(
                    A(
                        Above
                            + """mkdir "$up/.config"; echo """
                            + """'{"version":1,"isRoot":false,"tools":{"evil":{"version":"1.0.0","commands":["evil"]}}}' """
                            + """> "$up/.config/dotnet-tools.json" """
                    ),
                    B(DotnetProject.Quiet + "dotnet tool list | grep -q evil && echo LEAK")
                )
            ).FromLevel(Cooperative, LeakOutcome.Sealed, Barrier),
            new LeakRow(
                "W13",
                "a work tree inside the project's folder, compiled with it",
                Dotnet(
                    A("echo 'class C2;' > \"$4.cs\""),
                    Host(
                        DotnetProject.Quiet
                            + "dotnet msbuild p.csproj -getItem:Compile | grep -q \"$4.cs\" && echo LEAK"
                    )
                ) with
                {
                    Prepare = place =>
                    {
                        place.WorkersDirectory = Path.Combine(place.Repository.Path, "wt");
                        return DotnetProject.CommitAsync(place);
                    },
                }
            ).FromLevel(Cooperative, Refused, "a workers' folder inside the checkout is refused"),
            new LeakRow(
                "W15",
                "the files that end such a search",
                Dotnet(
                    A(
                        Above
                            + """echo '<Project><PropertyGroup><FromA>evil</FromA></PropertyGroup></Project>' > "$d/Directory.Build.props" """
                    ),
                    B(DotnetProject.Quiet + "dotnet msbuild p.csproj -getProperty:FromA | grep -q evil && echo LEAK")
                )
            )
                .Cooperative(Detected, "contamination guard: barrier files")
                .FromLevel(Restricted, LeakOutcome.Sealed, "the workers' folder can only be read"),
        ];

    private static LeakProbe Dotnet(params LeakStep[] steps) =>
        LeakProbe.Of(steps) with
        {
            Needs = ["sh", "dotnet"],
            Prepare = DotnetProject.CommitAsync,
        };

    private static LeakProbe Node(params LeakStep[] steps) => LeakProbe.Of(steps) with { Needs = ["sh", "node"] };
}
