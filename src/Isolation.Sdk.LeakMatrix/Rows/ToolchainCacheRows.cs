using static Isolation.Sdk.Leaks.LeakOutcome;
using static Isolation.Sdk.Leaks.LeakStep;
using static Isolation.Sdk.SandboxLevel;

namespace Isolation.Sdk.Leaks;

/// <summary>Caches and servers that toolchains keep for a user, and so for all workers of one.</summary>
internal static class ToolchainCacheRows
{
    // Servers of these names are the probe's alone: the machine's own builds are neither met nor ended.
    private const string EndServers = """
        for p in /proc/[0-9]*; do tr '\0' ' ' 2>/dev/null < "$p/cmdline" | grep -q -- "pipename:$4" && kill "${p#/proc/}"; done
        true
        """;

    public static IEnumerable<LeakRow> All =>
        [
            new LeakRow(
                "W08",
                "the package cache",
                new[]
                {
                    A(
                        DotnetProject.Quiet
                            + $$"""
                            dotnet restore p.csproj -v:q {{DotnetProject.NoServers}} && sed -i s/good/evil/ "${NUGET_PACKAGES:-$HOME/.nuget/packages}/leaky/1.0.0/build/leaky.props"
                            """
                    ),
                    B(
                        DotnetProject.Quiet
                            + $"dotnet restore p.csproj -v:q {DotnetProject.NoServers}; dotnet msbuild "
                            + $"p.csproj -getProperty:FromPackage | grep -q evil && echo LEAK"
                    ),
                }.Probe(DotnetProject.CommitWithPackageAsync)
            ).FromLevel(
                Cooperative,
                LeakOutcome.Sealed,
                "a package cache of the worker's own, the shared one only read"
            ),
            new LeakRow(
                "W09",
                "MSBuild's waiting nodes",
                LeakProbe.Of(TryNodesAsync) with
                {
                    Needs = ["sh", "dotnet"],
                    Prepare = PrepareNodesAsync,
                }
            )
                .FromLevel(
                    Cooperative,
                    LeakOutcome.Sealed,
                    "nodes are not kept, and answer to a salt of the worker's own only"
                )
                .Restricted(LeakOutcome.Sealed, "MSBuild's processes cannot reach each other at all"),
            new LeakRow(
                "W10",
                "the compiler's server",
                new[]
                {
                    A(
                        DotnetProject.Quiet
                            + "umask 0000; dotnet msbuild t.proj -nologo -nr:false > build.log 2>&1; ls -l C.dll >&2"
                    ),
                    B(
                        DotnetProject.Quiet
                            + "umask 0077; dotnet msbuild t.proj -nologo -nr:false > build.log 2>&1; ls -l "
                            + "C.dll | grep -q '^-rw-rw-rw-' && echo LEAK"
                    ),
                    PlainHost(EndServers),
                }.Probe(place =>
                {
                    place.Environment["SharedCompilationId"] = place.UniqueName;

                    // A server that is ended by force leaves its socket, at a place of its own choosing.
                    place.Undo.Push(() => File.Delete($"/tmp/{place.UniqueName}"));
                    return DotnetProject.CommitCompileAsync(place);
                })
            ).FromLevel(
                Cooperative,
                LeakOutcome.Sealed,
                "compiled without a server, and one would answer to the worker's own id only"
            ),
            new LeakRow("W11", "MSBuild's server", LeakProbe.Of(_ => Task.CompletedTask))
                .Plain(
                    NotTried,
                    "its shutdown ends every build server of the user, those of the machine's real builds too"
                )
                .FromLevel(
                    Cooperative,
                    NotTried,
                    "workers are told to use none; see the baseline for why it is not tried"
                ),
            new LeakRow(
                "W12",
                ".NET's diagnostic sockets",
                new[]
                {
                    A("""echo here > "${TMPDIR:-/tmp}/$4" """),
                    B(
                        DotnetProject.Quiet
                            + """FOLDER="${TMPDIR:-/tmp}" SAME="${TMPDIR:-/tmp}/$4" dotnet msbuild t.proj """
                            + """-nologo -nr:false > build.log 2>&1; grep -q diagnostic sockets.txt && """
                            + """echo LEAK"""
                    ),
                    PlainHost("""rm -f "${TMPDIR:-/tmp}/$4" """),
                }.Probe(place =>
                    DotnetProject.CommitTaskAsync(
                        place,
                        "<Exec Command=\"test ! -e $SAME || ls $FOLDER/dotnet-diagnostic-$PPID-* &gt; "
                            + "sockets.txt\" IgnoreExitCode=\"true\" />"
                    )
                )
            ).FromLevel(Cooperative, LeakOutcome.Sealed, "no such socket is opened, and temp is the worker's own"),
            new LeakRow(
                "W14",
                "NuGet's scratch folder",
                new[]
                {
                    A(
                        DotnetProject.Quiet
                            + $"dotnet restore p.csproj -v:q {DotnetProject.NoServers}; ls -d "
                            + $"\"${{TMPDIR:-/tmp}}\"/NuGetScratch* >&2"
                    ),
                    B("""ls -d "${TMPDIR:-/tmp}"/NuGetScratch* && echo LEAK"""),
                }.Probe(place =>
                {
                    place.Environment["TMPDIR"] = Directory
                        .CreateDirectory(Path.Combine(place.Repository.Root, "tmp"))
                        .FullName;
                    return DotnetProject.CommitWithPackageAsync(place);
                })
            ).FromLevel(Cooperative, LeakOutcome.Sealed, "temp is the worker's own"),
        ];

    private static LeakProbe Probe(this LeakStep[] steps, Func<LeakFixture, Task> prepare) =>
        LeakProbe.Of(steps) with
        {
            Needs = ["sh", "dotnet"],
            Prepare = prepare,
        };

    // Where a build cannot reach a node it tries for minutes; that is answer enough.
    private static async Task TryNodesAsync(LeakScenario stage)
    {
        const string Build = "MSBUILDNOINPROCNODE=1 timeout 45 dotnet msbuild t.proj -nologo > build.log 2>&1";
        if ((await stage.A.RunAsync($"{DotnetProject.Quiet}umask 0077; {Build}").ConfigureAwait(false)).ExitCode == 0)
        {
            await stage
                .B.RunAsync($"{DotnetProject.Quiet}umask 0022; {Build}; grep -q 077 umask.txt && echo LEAK")
                .ConfigureAwait(false);
        }

        if (stage is PlainScenario)
        {
            await stage
                .RunAtHostAsync("""cat "$1/node.pid" "$5/node.pid" | sort -u | xargs kill 2>/dev/null; true""")
                .ConfigureAwait(false);
        }
    }

    private static Task PrepareNodesAsync(LeakFixture place)
    {
        (place.Environment["MSBUILDNODEHANDSHAKESALT"], place.Environment["MSBUILDNODECONNECTIONTIMEOUT"]) = (
            place.UniqueName,
            "60000"
        );
        return DotnetProject.CommitTaskAsync(
            place,
            "<Exec Command=\"umask &gt; umask.txt; echo $PPID &gt; node.pid\" />"
        );
    }
}
