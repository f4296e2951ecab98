using System.Diagnostics;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using Isolation.Sdk.IO;
using Isolation.Sdk.Platform;
using Isolation.Sdk.Tests.Infrastructure;
using Isolation.Sdk.Workspaces;

namespace Isolation.Sdk.Tests.Workspaces;

/// <summary>Rows W01 to W07: what lies above a workspace does not reach it, and what the checkout inherits
/// does.</summary>
public class BarrierFilesTests
{
    [IsolationFact]
    public async Task With_nothing_above_the_checkout_the_barriers_say_nothing()
    {
        await using WorkspaceFixture rig = await WorkspaceFixture.CreateAsync();
        await rig.AcquireAsync();
        Assert.Equal("<Project />\n", Read(rig, "Directory.Build.props"));
        Assert.Equal("<Project />\n", Read(rig, "Directory.Build.targets"));
        Assert.Equal("<Project />\n", Read(rig, "Directory.Packages.props"));
        Assert.Equal("", Read(rig, "Directory.Build.rsp"));
        Assert.Equal("{}\n", Read(rig, "global.json"));
        Assert.Equal("{}\n", Read(rig, "package.json"));
        Assert.Equal("root = true\n", Read(rig, ".editorconfig"));
        Assert.True((bool)JsonNode.Parse(Read(rig, ".config/dotnet-tools.json"))!["isRoot"]!);
        Assert.False(File.Exists(Path.Combine(rig.Workers, "nuget.config")));
    }

    [IsolationFact(Tier = Tier.Ci)]
    public async Task What_the_checkout_inherits_is_handed_on()
    {
        await using WorkspaceFixture rig = await WorkspaceFixture.CreateAsync();
        string above = rig.Repository.Root;
        File.WriteAllText(
            Path.Combine(above, "Directory.Build.props"),
            "<Project><PropertyGroup><Inherited>yes</Inherited></PropertyGroup></Project>"
        );
        File.WriteAllText(Path.Combine(above, "Directory.Build.rsp"), "-nologo\n");
        File.WriteAllText(Path.Combine(above, "global.json"), "{ \"msbuild-sdks\": {} }");
        File.WriteAllText(Path.Combine(above, "package.json"), "{ \"name\": \"outer\", \"type\": \"module\" }");
        File.WriteAllText(Path.Combine(above, ".editorconfig"), "root = true\n[*.cs]\nindent_size = 3\n");
        Directory.CreateDirectory(Path.Combine(above, ".config"));
        File.WriteAllText(
            Path.Combine(above, ".config", "dotnet-tools.json"),
            "{ \"version\": 1, \"tools\": { \"t\": { \"version\": \"1.0.0\", \"commands\": [\"t\"] } } }"
        );
        await rig.Repository.CommitAsync(
            "Project",
            new Dictionary<string, string>
            {
                ["p.proj"] =
                    "<Project><Import Project=\"$([MSBuild]::GetPathOfFileAbove('Directory.Build.props', "
                    + "'$(MSBuildThisFileDirectory)'))\" /><Target Name=\"Build\" /></Project>",
            }
        );
        IWorkspace workspace = await rig.AcquireAsync();
        Assert.Equal($"@\"{above}/Directory.Build.rsp\"\n", Read(rig, "Directory.Build.rsp"));
        Assert.Equal("{ \"msbuild-sdks\": {} }", Read(rig, "global.json"));
        Assert.Equal("{ \"type\": \"module\" }\n", Read(rig, "package.json"));
        Assert.Equal("root = true\n", Read(rig, ".editorconfig"));
        ProbeResult probed = await rig.Provider.ProbeAsync(rig.Repository.Reference);
        Assert.Contains(probed.Notices, n => n.Contains($"'{above}/.editorconfig'", StringComparison.Ordinal));
        Assert.Equal(
            "1.0.0",
            (string)JsonNode.Parse(Read(rig, ".config/dotnet-tools.json"))!["tools"]!["t"]!["version"]!
        );
        Assert.Equal("yes", await InheritedAsync(rig.Repository.Path));
        Assert.Equal("yes", await InheritedAsync(workspace.Info.Path));
    }

    [IsolationFact]
    public async Task What_lies_above_another_folder_of_workers_is_shut_off()
    {
        string elsewhere = Directory.CreateTempSubdirectory("isolation-elsewhere-").FullName;
        try
        {
            File.WriteAllText(
                Path.Combine(elsewhere, "Directory.Build.props"),
                "<Project><PropertyGroup><Inherited>leaked</Inherited></PropertyGroup></Project>"
            );
            File.WriteAllText(
                Path.Combine(elsewhere, "nuget.config"),
                "<configuration><packageSources><add key=\"leaked\" "
                    + "value=\"https://leaked.example/v3/index.json\" /></packageSources></configuration>"
            );
            await using WorkspaceFixture rig = await WorkspaceFixture.CreateAsync(
                workers: new WorkersDirectory(Path.Combine(elsewhere, "workers"))
            );
            File.WriteAllText(
                Path.Combine(rig.Repository.Root, "nuget.config"),
                "<configuration><packageSources><add key=\"wanted\" value=\"feed\" /></packageSources></configuration>"
            );
            await rig.AcquireAsync();
            Assert.Equal(
                "<Project />\n",
                File.ReadAllText(Path.Combine(elsewhere, "workers", "Directory.Build.props"))
            );
            string nuget = File.ReadAllText(Path.Combine(elsewhere, "workers", "nuget.config"));
            Assert.Contains("<packageSources>\n    <clear />", nuget.ReplaceLineEndings("\n"));
            Assert.Contains($"key=\"wanted\" value=\"{rig.Repository.Root}/feed\"", nuget);
            Assert.DoesNotContain("leaked", nuget);
        }
        finally
        {
            SafeDelete.DeleteTree(elsewhere);
        }
    }

    [IsolationFact("dotnet", Tier = Tier.Ci)]
    public async Task What_appears_above_another_folder_of_workers_later_changes_nothing()
    {
        string elsewhere = Directory.CreateTempSubdirectory("isolation-elsewhere-").FullName;
        try
        {
            await using WorkspaceFixture rig = await WorkspaceFixture.CreateAsync(
                workers: new WorkersDirectory(Path.Combine(elsewhere, "workers"))
            );
            await rig.Repository.CommitAsync(
                "Project",
                new Dictionary<string, string>
                {
                    ["p.csproj"] =
                        "<Project Sdk=\"Microsoft.NET.Sdk\"><PropertyGroup>"
                        + "<TargetFramework>net10.0</TargetFramework></PropertyGroup></Project>",
                }
            );
            File.WriteAllText(
                Path.Combine(rig.Repository.Root, "Directory.Build.props"),
                "<Project><PropertyGroup><Inherited>yes</Inherited></PropertyGroup></Project>"
            );
            IWorkspace workspace = await rig.AcquireAsync();
            File.WriteAllText(
                Path.Combine(elsewhere, "Directory.Build.props"),
                "<Project><PropertyGroup><Inherited>leaked</Inherited></PropertyGroup></Project>"
            );
            File.WriteAllText(Path.Combine(elsewhere, "Directory.Build.rsp"), "-p:Inherited=leaked\n");
            File.WriteAllText(Path.Combine(elsewhere, "global.json"), "{ \"sdk\": { \"version\": \"99.0.100\" } }");

            Assert.Equal("yes", await InheritedAsync(workspace.Info.Path, "p.csproj", "-getProperty:Inherited"));
        }
        finally
        {
            SafeDelete.DeleteTree(elsewhere);
        }
    }

    [IsolationFact("dotnet", Tier = Tier.Ci, Timeout = 240_000)]
    public async Task A_solution_has_the_same_properties_and_sources_in_both_places_and_no_rules_of_elsewhere()
    {
        string elsewhere = Directory.CreateTempSubdirectory("isolation-else&where's-").FullName;
        try
        {
            File.WriteAllText(
                Path.Combine(elsewhere, "nuget.config"),
                "<configuration><packageSources><add key=\"leaked\" value=\"/leaked\" "
                    + "/></packageSources></configuration>"
            );
            File.WriteAllText(
                Path.Combine(elsewhere, ".editorconfig"),
                "root = true\n[*.cs]\ndotnet_diagnostic.CS0168.severity = error\n"
            );
            await using WorkspaceFixture rig = await WorkspaceFixture.CreateAsync(
                workers: new WorkersDirectory(Path.Combine(elsewhere, "workers"))
            );
            string above = rig.Repository.Root;
            Directory.CreateDirectory(Path.Combine(above, "feed"));
            Dictionary<string, string> inherited = new()
            {
                ["more.props"] =
                    "<Project><PropertyGroup><More>$(MSBuildThisFileDirectory)</More></PropertyGroup></Project>",
                ["Directory.Build.props"] =
                    "<Project><Import Project=\"more.props\" "
                    + "/><PropertyGroup><Inherited>yes</Inherited></PropertyGroup></Project>",
                ["Directory.Build.targets"] =
                    "<Project><PropertyGroup><Late>$(AssemblyName)</Late></PropertyGroup></Project>",
                ["Directory.Build.rsp"] = "-p:FromRsp=yes\n",
                ["Directory.Packages.props"] =
                    "<Project><PropertyGroup><Central>yes</Central></PropertyGroup></Project>",
                ["nuget.config"] =
                    "<configuration><packageSources><clear/><add key=\"wanted\" value=\"feed\" "
                    + "/></packageSources></configuration>",
                [".editorconfig"] =
                    $"root = true\n[{Path.GetFileName(rig.Repository.Path)}/**.cs]\n"
                    + $"dotnet_diagnostic.CS0219.severity = error\n"
                    + $"[{Path.GetFileName(rig.Repository.Path)}/src/*.cs]\n"
                    + $"dotnet_diagnostic.CS0612.severity = error\n[neighbour/**.cs]\n"
                    + $"dotnet_diagnostic.CS0168.severity = error\n",
            };
            foreach ((string name, string content) in inherited)
            {
                File.WriteAllText(Path.Combine(above, name), content);
            }

            await rig.Repository.CommitAsync(
                "Project",
                new Dictionary<string, string>
                {
                    ["all.slnx"] = "<Solution><Project Path=\"src/p.csproj\" /></Solution>",
                    ["src/p.csproj"] =
                        "<Project Sdk=\"Microsoft.NET.Sdk\"><PropertyGroup>"
                        + "<TargetFramework>net10.0</TargetFramework></PropertyGroup></Project>",
                    ["src/p.cs"] =
                        "[System.Obsolete] class Old { } class P { void M() { int assigned = 1; int "
                        + "unused; new Old(); } }",
                }
            );
            IWorkspace workspace = await rig.AcquireAsync();

            string[] properties =
            [
                "msbuild",
                Path.Combine("src", "p.csproj"),
                "-getProperty:Inherited,More,Late,FromRsp,Central,TargetFramework,AssemblyName,Configuration,"
                    + "ManagePackageVersionsCentrally",
            ];
            string there = await DotnetAsync(rig.Repository.Path, properties);
            Assert.Contains("\"FromRsp\": \"yes\"", there);
            Assert.Equal(there, await DotnetAsync(workspace.Info.Path, properties));

            string sources = await DotnetAsync(rig.Repository.Path, "nuget", "list", "source", "--format", "short");
            Assert.Equal($"E {above}/feed", sources.Trim());
            Assert.Equal(
                sources,
                await DotnetAsync(workspace.Info.Path, "nuget", "list", "source", "--format", "short")
            );

            Assert.Equal(
                ["error CS0219", "error CS0612", "warning CS0168"],
                await DiagnosticsAsync(rig.Repository.Path)
            );
            Assert.Equal(
                ["warning CS0168", "warning CS0219", "warning CS0612"],
                await DiagnosticsAsync(workspace.Info.Path)
            );
        }
        finally
        {
            SafeDelete.DeleteTree(elsewhere);
        }
    }

    [IsolationFact]
    public void Folders_of_SDKs_are_written_out_and_the_rest_is_as_it_was()
    {
        string folder = Directory.CreateTempSubdirectory("isolation-global-").FullName;
        try
        {
            string path = Path.Combine(folder, "global.json");
            File.WriteAllText(
                path,
                "{ /* ours */ \"sdk\": { \"version\": \"10.0.100\", \"paths\": [ \".dotnet\", \"$host$\" ] } }"
            );
            Assert.Equal(
                $"{{\"sdk\":{{\"version\":\"10.0.100\",\"paths\":[\"{folder}/.dotnet\",\"$host$\"]}}}}\n",
                JsonBarriers.GlobalJson(path)
            );
            File.WriteAllText(path, "{ /* ours */ \"sdk\": { \"version\": \"10.0.100\" } }");
            Assert.Equal("{ /* ours */ \"sdk\": { \"version\": \"10.0.100\" } }", JsonBarriers.GlobalJson(path));
            File.WriteAllText(path, "{ broken");
            Assert.Equal("{ broken", JsonBarriers.GlobalJson(path));
        }
        finally
        {
            SafeDelete.DeleteTree(folder);
        }
    }

    [IsolationFact]
    public async Task Passwords_are_handed_on_by_no_barrier()
    {
        string elsewhere = Directory.CreateTempSubdirectory("isolation-elsewhere-").FullName;
        try
        {
            File.WriteAllText(
                Path.Combine(elsewhere, "NuGet.Config"),
                "<configuration><config><add key=\"leaked\" value=\"x\" /></config></configuration>"
            );
            await using WorkspaceFixture rig = await WorkspaceFixture.CreateAsync(
                workers: new WorkersDirectory(Path.Combine(elsewhere, "workers"))
            );
            string config = Path.Combine(rig.Repository.Root, "nuget.config");
            File.WriteAllText(
                config,
                "<configuration><packageSources><add key=\"private\" "
                    + "value=\"https://alice:s3cr3t@feed.example/v3/index.json\" "
                    + "/></packageSources><packageSourceCredentials><private><add key=\"ClearTextPassword\" "
                    + "value=\"s3cr3t\" /></private></packageSourceCredentials></configuration>"
            );
            await rig.AcquireAsync();
            string barrier = File.ReadAllText(Path.Combine(elsewhere, "workers", "nuget.config"));
            Assert.Contains("value=\"https://feed.example/v3/index.json\"", barrier);
            Assert.DoesNotContain("s3cr3t", barrier);
            Assert.DoesNotContain(
                config,
                BarrierFiles.FindVisible(Path.Combine(elsewhere, "workers", "a.1", "work"), rig.Repository.Path)
            );
            File.Delete(config);
            File.Delete(Path.Combine(elsewhere, "NuGet.Config"));
            await rig.AcquireAsync("b");
            Assert.False(File.Exists(Path.Combine(elsewhere, "workers", "nuget.config")));
        }
        finally
        {
            SafeDelete.DeleteTree(elsewhere);
        }
    }

    private static string Read(WorkspaceFixture rig, string name) => File.ReadAllText(Path.Combine(rig.Workers, name));

    private static async Task<string> InheritedAsync(string folder, string project = "p.proj", params string[] more) =>
        (
            await DotnetAsync(
                folder,
                ["msbuild", project, .. more is [] ? ["-getProperty:Inherited", "-noAutoResponse"] : more]
            )
        ).Trim();

    private static async Task<IEnumerable<string>> DiagnosticsAsync(string folder) =>
        Regex
            .Matches(await DotnetAsync(folder, "build", "all.slnx"), "(error|warning) CS[0-9]+")
            .Select(m => m.Value)
            .Distinct(StringComparer.Ordinal)
            .Order(StringComparer.Ordinal);

    private static async Task<string> DotnetAsync(string folder, params string[] arguments)
    {
        ProcessStartInfo start = new("dotnet", arguments) { WorkingDirectory = folder, RedirectStandardOutput = true };
        foreach (
            (string name, string value) in new Dictionary<string, string>
            {
                ["MSBUILDDISABLENODEREUSE"] = "1",
                ["UseSharedCompilation"] = "false",
                ["DOTNET_CLI_USE_MSBUILD_SERVER"] = "0",
            }
        )
        {
            start.Environment[name] = value;
        }

        using Process process = Process.Start(start)!;
        string said = await process.StandardOutput.ReadToEndAsync();
        await process.WaitForExitAsync();
        return said;
    }
}
