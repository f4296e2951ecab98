using System.Globalization;
using System.IO.Compression;

namespace Isolation.Sdk.Leaks;

/// <summary>Projects for probes of .NET's tools: built without the network, and without servers that would outlive the
/// probe.</summary>
internal static class DotnetProject
{
    /// <summary>What keeps the first start in a home quick, and its greeting away.</summary>
    public const string Quiet =
        "export DOTNET_NOLOGO=1 DOTNET_CLI_TELEMETRY_OPTOUT=1 DOTNET_GENERATE_ASPNET_CERTIFICATE=false "
        + "DOTNET_ADD_GLOBAL_TOOLS_TO_PATH=false; ";

    /// <summary>What keeps a build from starting servers.</summary>
    public const string NoServers = "-nr:false -p:UseSharedCompilation=false";

    private static readonly string Framework = string.Create(
        CultureInfo.InvariantCulture,
        $"net{Environment.Version.Major}.0"
    );

    /// <summary>A library, <c>p.csproj</c>, with a warning in it.</summary>
    public static Task CommitAsync(LeakFixture place) => CommitAsync(place, "");

    /// <summary>The library uses a package, <c>leaky</c>, from a folder in the repository.</summary>
    public static async Task CommitWithPackageAsync(LeakFixture place)
    {
        string feed = Directory.CreateDirectory(Path.Combine(place.Repository.Path, "feed")).FullName;
        using (ZipArchive package = ZipFile.Open(Path.Combine(feed, "leaky.1.0.0.nupkg"), ZipArchiveMode.Create))
        {
            Write(
                package,
                "leaky.nuspec",
                "<package><metadata><id>leaky</id><version>1.0.0</version><authors>a</authors>"
                    + "<description>d</description></metadata></package>"
            );
            Write(
                package,
                "build/leaky.props",
                "<Project><PropertyGroup><FromPackage>good</FromPackage></PropertyGroup></Project>"
            );
        }

        await File.WriteAllTextAsync(
                Path.Combine(place.Repository.Path, "nuget.config"),
                "<configuration><packageSources><clear /><add key=\"feed\" value=\"feed\" "
                    + "/></packageSources></configuration>"
            )
            .ConfigureAwait(false);
        await CommitAsync(place, "<ItemGroup><PackageReference Include=\"leaky\" Version=\"1.0.0\" /></ItemGroup>")
            .ConfigureAwait(false);
    }

    /// <summary>A project, <c>t.proj</c>, whose only task is this.</summary>
    public static Task CommitTaskAsync(LeakFixture place, string task, string before = "") =>
        place.Repository.CommitAsync(
            "A task",
            new Dictionary<string, string>
            {
                ["t.proj"] = $"<Project>{before}<Target Name=\"T\">{task}</Target></Project>",
            }
        );

    /// <summary>A project, <c>t.proj</c>, that does nothing but compile one file; by a server, if nobody says
    /// otherwise.</summary>
    public static async Task CommitCompileAsync(LeakFixture place)
    {
        await CommitTaskAsync(
                place,
                $"""
                <PropertyGroup><UseSharedCompilation Condition="'$(UseSharedCompilation)' == ''">true</UseSharedCompilation></PropertyGroup>
                <Csc Sources="C.cs" OutputAssembly="C.dll" TargetType="library" NoConfig="true" NoStandardLib="true" References="{typeof(object).Assembly.Location}" UseSharedCompilation="$(UseSharedCompilation)" SharedCompilationId="$(SharedCompilationId)" />
                """,
                "<UsingTask TaskName=\"Csc\" "
                    + "AssemblyFile=\"$(MSBuildToolsPath)/Roslyn/Microsoft.Build.Tasks.CodeAnalysis.dll\" />"
            )
            .ConfigureAwait(false);
        await place
            .Repository.CommitAsync("A file", new Dictionary<string, string> { ["C.cs"] = "class C;" })
            .ConfigureAwait(false);
    }

    private static Task CommitAsync(LeakFixture place, string items) =>
        place.Repository.CommitAsync(
            "A library",
            new Dictionary<string, string>
            {
                ["p.csproj"] =
                    "<Project Sdk=\"Microsoft.NET.Sdk\"><PropertyGroup>"
                    + $"<TargetFramework>{Framework}</TargetFramework></PropertyGroup>{items}</Project>",
                ["C.cs"] = "class C { void M() { int never = 1; } }",
            }
        );

    private static void Write(ZipArchive package, string name, string content)
    {
        using StreamWriter writer = new(package.CreateEntry(name).Open());
        writer.Write(content);
    }
}
