using System.Diagnostics;
using System.Text.Json.Nodes;
using Isolation.Sdk.Leasing;
using Isolation.Sdk.Workspaces;

namespace Isolation.Sdk.Tests.Workspaces;

/// <summary>Rows W01 to W07: what lies above a workspace does not reach it, and what the checkout inherits does.</summary>
public class BarrierTests
{
    [Fact(Timeout = 60_000)]
    public async Task With_nothing_above_the_checkout_the_barriers_say_nothing()
    {
        await using Rig rig = await Rig.CreateAsync();
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

    [Fact(Timeout = 60_000)]
    public async Task What_the_checkout_inherits_is_handed_on()
    {
        await using Rig rig = await Rig.CreateAsync();
        string above = rig.Repository.Root;
        File.WriteAllText(Path.Combine(above, "Directory.Build.props"), "<Project><PropertyGroup><Inherited>yes</Inherited></PropertyGroup></Project>");
        File.WriteAllText(Path.Combine(above, "Directory.Build.rsp"), "-nologo\n");
        File.WriteAllText(Path.Combine(above, "global.json"), "{ \"msbuild-sdks\": {} }");
        File.WriteAllText(Path.Combine(above, "package.json"), "{ \"name\": \"outer\", \"type\": \"module\" }");
        File.WriteAllText(Path.Combine(above, ".editorconfig"), "root = true\n[*.cs]\nindent_size = 3\n");
        Directory.CreateDirectory(Path.Combine(above, ".config"));
        File.WriteAllText(Path.Combine(above, ".config", "dotnet-tools.json"), "{ \"version\": 1, \"tools\": { \"t\": { \"version\": \"1.0.0\", \"commands\": [\"t\"] } } }");
        await rig.Repository.CommitAsync("Project", new Dictionary<string, string> { ["p.proj"] = "<Project><Import Project=\"$([MSBuild]::GetPathOfFileAbove('Directory.Build.props', '$(MSBuildThisFileDirectory)'))\" /><Target Name=\"Build\" /></Project>" });
        IWorkspace workspace = await rig.AcquireAsync();
        Assert.Equal($"@\"{above}/Directory.Build.rsp\"\n", Read(rig, "Directory.Build.rsp"));
        Assert.Equal("{ \"msbuild-sdks\": {} }", Read(rig, "global.json"));
        Assert.Equal("{ \"type\": \"module\" }\n", Read(rig, "package.json"));
        Assert.Equal("root = true\n\n[*.cs]\nindent_size = 3\n", Read(rig, ".editorconfig"));
        Assert.Equal("1.0.0", (string)JsonNode.Parse(Read(rig, ".config/dotnet-tools.json"))!["tools"]!["t"]!["version"]!);
        Assert.Equal("yes", await InheritedAsync(rig.Repository.Path));
        Assert.Equal("yes", await InheritedAsync(workspace.Info.Path));
    }

    [Fact(Timeout = 60_000)]
    public async Task What_lies_above_another_folder_of_workers_is_shut_off()
    {
        string elsewhere = Directory.CreateTempSubdirectory("isolation-elsewhere-").FullName;
        try
        {
            File.WriteAllText(Path.Combine(elsewhere, "Directory.Build.props"), "<Project><PropertyGroup><Inherited>leaked</Inherited></PropertyGroup></Project>");
            File.WriteAllText(Path.Combine(elsewhere, "nuget.config"), "<configuration><packageSources><add key=\"leaked\" value=\"https://leaked.example/v3/index.json\" /></packageSources></configuration>");
            await using Rig rig = await Rig.CreateAsync(workers: new WorkersFolder(Path.Combine(elsewhere, "workers")));
            File.WriteAllText(Path.Combine(rig.Repository.Root, "nuget.config"), "<configuration><packageSources><add key=\"wanted\" value=\"feed\" /></packageSources></configuration>");
            await rig.AcquireAsync();
            Assert.Equal("<Project />\n", File.ReadAllText(Path.Combine(elsewhere, "workers", "Directory.Build.props")));
            string nuget = File.ReadAllText(Path.Combine(elsewhere, "workers", "nuget.config"));
            Assert.Contains("<packageSources>\n    <clear />", nuget.ReplaceLineEndings("\n"));
            Assert.Contains($"key=\"wanted\" value=\"{rig.Repository.Root}/feed\"", nuget);
            Assert.DoesNotContain("leaked", nuget);
        }
        finally
        {
            SafeDelete.Tree(elsewhere);
        }
    }

    private static string Read(Rig rig, string name) => File.ReadAllText(Path.Combine(rig.Workers, name));

    private static async Task<string> InheritedAsync(string folder)
    {
        ProcessStartInfo start = new("dotnet", ["msbuild", "p.proj", "-getProperty:Inherited", "-noAutoResponse"]) { WorkingDirectory = folder, RedirectStandardOutput = true };
        start.Environment["MSBUILDDISABLENODEREUSE"] = "1";
        using Process process = Process.Start(start)!;
        string said = await process.StandardOutput.ReadToEndAsync();
        await process.WaitForExitAsync();
        return said.Trim();
    }
}
