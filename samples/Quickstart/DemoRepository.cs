namespace Quickstart;

/// <summary>A small real repository in a temp folder of its own: a library, and a console project whose checks are its
/// test command. It needs no package beyond the SDK.</summary>
internal sealed class DemoRepository : IAsyncDisposable
{
    /// <summary>The branch that work lands on.</summary>
    public const string Target = "landing";

    /// <summary>What `dotnet` is told to test a merged tree with.</summary>
    public static readonly string[] Gate = ["run", "--project", "checks"];

    private readonly bool _keep;

    private DemoRepository(string root, bool keep) => (Root, _keep) = (root, keep);

    /// <summary>The temp folder with everything in it.</summary>
    public string Root { get; }

    /// <summary>The canonical checkout, which nobody may touch.</summary>
    public string Checkout => Path.Combine(Root, "shop");

    /// <summary>Where the workers' logs are.</summary>
    public string Workers => Checkout + ".workers";

    /// <summary>One JSON line for each run of the gate.</summary>
    public string GateLog => Path.Combine(Workers, ".gates", Target + ".gates.jsonl");

    /// <summary>A copy of the canonical checkout as it was, for whoever wants to compare it byte by byte.</summary>
    public string Before => Path.Combine(Root, "before");

    public static async Task<DemoRepository> CreateAsync(bool keep, CancellationToken cancellationToken)
    {
        DemoRepository demo = new(Directory.CreateTempSubdirectory("isolation-quickstart-").FullName, keep);
        try
        {
            foreach ((string path, string content) in Files)
            {
                string full = Path.Combine(demo.Checkout, path);
                Directory.CreateDirectory(Path.GetDirectoryName(full)!);
                await File.WriteAllTextAsync(full, content + "\n", cancellationToken);
            }

            await Git.RunAsync(demo.Checkout, cancellationToken, "init", "-q", "-b", "main");
            await Git.RunAsync(demo.Checkout, cancellationToken, "add", "-A");
            await Git.RunAsync(demo.Checkout, cancellationToken, "commit", "-q", "-m", "A small shop");
            return demo;
        }
        catch
        {
            await demo.DisposeAsync();
            throw;
        }
    }

    public ValueTask DisposeAsync()
    {
        if (_keep)
        {
            Console.WriteLine(
                $"""
                Kept in {Root}
                  shop/          the canonical checkout; before/ is how it was
                  shop.workers/  a log per worker, and the gate's
                  git -C "{Checkout}" log --graph {Target}
                """
            );
            return ValueTask.CompletedTask;
        }

        // Git writes its objects read-only, which Windows refuses to delete.
        foreach (
            FileInfo file in new DirectoryInfo(Root)
                .EnumerateFiles(
                    "*",
                    new EnumerationOptions
                    {
                        RecurseSubdirectories = true,
                        AttributesToSkip = FileAttributes.ReparsePoint,
                    }
                )
                .Where(f => OperatingSystem.IsWindows() && f.IsReadOnly)
        )
        {
            file.IsReadOnly = false;
        }

        Directory.Delete(Root, recursive: true);
        return ValueTask.CompletedTask;
    }

    private static readonly (string Path, string Content)[] Files =
    [
        ("global.json", """{ "sdk": { "version": "10.0.100", "rollForward": "latestFeature" } }"""),
        ("nuget.config", "<configuration><packageSources><clear /></packageSources></configuration>"),
        (".gitignore", "bin/\nobj/"),
        ("README.md", "# A small shop\n\n`dotnet run --project checks` says whether it works."),
        (
            "Directory.Build.props",
            """
            <Project>
              <PropertyGroup>
                <TargetFramework>net10.0</TargetFramework>
                <Nullable>enable</Nullable>
                <ImplicitUsings>enable</ImplicitUsings>
                <UseAppHost>false</UseAppHost>
                <NuGetAudit>false</NuGetAudit>
              </PropertyGroup>
            </Project>
            """
        ),
        ("shop/Shop.csproj", """<Project Sdk="Microsoft.NET.Sdk" />"""),
        (
            "shop/Price.cs",
            """
            namespace Shop;

            public static class Price
            {
                public static decimal WithTax(decimal net) => net * 1.20m;
            }
            """
        ),
        (
            "shop/Cart.cs",
            """
            namespace Shop;

            public sealed class Cart
            {
                private readonly List<decimal> _prices = [];

                public void Add(decimal price) => _prices.Add(price);
            }
            """
        ),
        (
            "checks/Checks.csproj",
            """
            <Project Sdk="Microsoft.NET.Sdk">
              <PropertyGroup>
                <OutputType>Exe</OutputType>
              </PropertyGroup>
              <ItemGroup>
                <ProjectReference Include="../shop/Shop.csproj" />
              </ItemGroup>
            </Project>
            """
        ),
        (
            "checks/PriceChecks.cs",
            """
            using Shop;

            public static class PriceChecks
            {
                public static bool A_price_with_tax_is_higher() => Price.WithTax(100m) > 100m;
            }
            """
        ),
        (
            "checks/Program.cs",
            """
            using System.Reflection;

            // Every public static method of a class named …Checks is a check.
            MethodInfo[] checks = [.. Assembly.GetExecutingAssembly().GetTypes().Where(t => t.Name.EndsWith("Checks")).SelectMany(t => t.GetMethods(BindingFlags.Public | BindingFlags.Static))];
            string[] failed = [.. checks.Where(c => c.Invoke(null, null) is not true).Select(c => c.Name)];
            Console.WriteLine($"{checks.Length} checks, {failed.Length} failed {string.Join(", ", failed)}");
            return failed.Length == 0 && checks.Length > 0 ? 0 : 1;
            """
        ),
    ];
}
