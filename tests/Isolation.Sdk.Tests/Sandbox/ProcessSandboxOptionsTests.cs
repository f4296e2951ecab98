using Isolation.Sdk.Sandbox;
using Isolation.Sdk.Tests.Infrastructure;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;

namespace Isolation.Sdk.Tests.Sandbox;

/// <summary>The options of a sandbox are plain data: they bind from configuration, and what is wrong with them is found
/// by Build(), by name.</summary>
public sealed class ProcessSandboxOptionsTests
{
    public static TheoryData<string, Action<ProcessSandboxOptions>> Wrong { get; } =
        new()
        {
            { "Inherit", o => o.Inherit.Add(null!) },
            { "Secrets", o => o.Secrets.Add(" ") },
            { "'KEY'", o => (o.Environment["KEY"] = "abc", o.Secrets).Secrets.Add("KEY") },
            { "Environment", o => o.Environment["A"] = null! },
            { "Environment", o => o.Environment["A=B"] = "x" },
            { "Environment", o => o.Environment["A"] = "{nope}" },
            { "Environment", o => (o.EnvFile, o.Environment["A"]) = (".env", "{port:web}") },
            { "EnvFile", o => o.EnvFile = "/etc/env" },
            { "EnvFile", o => o.EnvFile = ".git/env" },
            { "CopyFromHome", o => o.CopyFromHome.Add(null!) },
            { "ReadablePaths", o => o.ReadablePaths.Add("") },
            { "Ports", o => o.Ports.Add(null!) },
            { "AllowedPorts", o => o.AllowedPorts.Add(70_000) },
            { "Teardown", o => o.Teardown.Add(null!) },
            { "Teardown", o => o.Teardown.Add(" ") },
            { "Teardown", o => o.Teardown.Add("dropdb", "shop_{wroker}") },
            { "TeardownTimeout", o => o.TeardownTimeout = TimeSpan.Zero },
            { "TeardownTimeout", o => o.TeardownTimeout = Timeout.InfiniteTimeSpan },
            { "MaxLogBytes", o => o.Limits.MaxLogBytes = -5 },
            { "MaxMemoryBytes", o => o.Limits.MaxMemoryBytes = 0 },
            { "MaxProcesses", o => o.Limits.MaxProcesses = -1 },
            { "CpuShare", o => o.Limits.CpuShare = 101 },
            { "MaxOpenFiles", o => o.Limits.MaxOpenFiles = 0 },
            { "MaxFileBytes", o => o.Limits.MaxFileBytes = -1 },
            { "MaxDiskBytes", o => o.Limits.MaxDiskBytes = 0 },
            { "MaxDuration", o => o.Limits.MaxDuration = TimeSpan.Zero },
            { "MaxSilence", o => o.Limits.MaxSilence = -TimeSpan.FromSeconds(1) },
        };

    [Theory]
    [MemberData(nameof(Wrong))]
    public void Build_finds_a_wrong_value_and_names_its_option(string option, Action<ProcessSandboxOptions> set)
    {
        IsolationConfigurationException refused = Assert.Throws<IsolationConfigurationException>(() =>
            Pipeline(set).Build()
        );

        Assert.Contains(option, Assert.Single(refused.Faults).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Build_tells_all_of_them_at_once() =>
        Assert.Equal(
            ["ISO0406", "ISO0424", "ISO0422"],
            Assert
                .Throws<IsolationConfigurationException>(() =>
                    Pipeline(o =>
                        {
                            o.Inherit.Add("A=B");
                            o.TeardownTimeout = TimeSpan.Zero;
                            o.Limits.CpuShare = 0;
                        })
                        .Build()
                )
                .Faults.Select(f => f.Code)
        );

    [Fact]
    public void They_bind_from_configuration_by_the_pipelines_own_way()
    {
        Dictionary<string, string?> settings = new()
        {
            ["Inherit:0"] = "LANG",
            ["Environment:DB"] = "shop_{worker_id}",
            ["Secrets:0"] = "TOKEN",
            ["Secrets:1"] = "KEY",
            ["Environment:KEY"] = "from-a-vault",
            ["CopyFromHome:0"] = "~/.claude",
            ["ReadablePaths:0"] = "~/.rustup",
            ["AllowedPorts:0"] = "443",
            ["Ports:0"] = "web",
            ["EnvFile"] = ".env.local",
            ["Teardown:0:File"] = "dropdb",
            ["Teardown:0:Arguments:0"] = "shop_{worker_id}",
            ["TeardownTimeout"] = "00:00:05",
            ["Limits:MaxLogBytes"] = "1024",
            ["Limits:MaxProcesses"] = "50",
        };
        using ServiceProvider services = new ServiceCollection()
            .Configure<ProcessSandboxOptions>(new ConfigurationBuilder().AddInMemoryCollection(settings).Build())
            .BuildServiceProvider();
        ProcessSandboxOptions bound = services.GetRequiredService<IOptions<ProcessSandboxOptions>>().Value;
        ProcessSandboxOptions? used = null;

        IsolationPipeline pipeline = Pipeline(o => (used = o).Ports.Add("api")).Build(services);

        Assert.NotNull(pipeline);
        Assert.Equal(["web", "api"], used!.Ports);
        Assert.Equal(["LANG", "TOKEN", "KEY"], bound.Inherit.Concat(bound.Secrets));
        Assert.Equal(("shop_{worker_id}", "from-a-vault"), (bound.Environment["DB"], bound.Environment["KEY"]));
        Assert.Equal(
            ("~/.claude", "~/.rustup", 443),
            (Assert.Single(bound.CopyFromHome), Assert.Single(bound.ReadablePaths), Assert.Single(bound.AllowedPorts))
        );
        WorkerCommand teardown = Assert.Single(bound.Teardown);
        Assert.Equal(("dropdb", "shop_{worker_id}"), (teardown.File, Assert.Single(teardown.Arguments)));
        Assert.Equal(
            (".env.local", TimeSpan.FromSeconds(5), 1024L, (int?)50),
            (bound.EnvFile!, bound.TeardownTimeout, bound.Limits.MaxLogBytes, bound.Limits.MaxProcesses)
        );
    }

    [IsolationFact]
    public async Task A_secret_can_be_given_by_value_and_is_masked_like_any()
    {
        await using SandboxFixture sandbox = new();
        static void Configure(ProcessSandboxOptions o)
        {
            o.Secrets.Add("KEY");
            o.Environment["KEY"] = "from-{a}-vault";
        }

        IStateScope scope = await sandbox.OpenAsync(Configure);
        string log = Path.Combine(sandbox.Root, "out.log");

        ExecResult said = await scope.ExecAsync(WorkerCommand.Of("sh", "-c", "echo $KEY"));
        await using (
            IWorkerProcess process = await scope.StartAsync(
                WorkerCommand.Of("sh", "-c", "echo it is $KEY") with
                {
                    LogFile = log,
                }
            )
        )
        {
            await process.Exit;
        }

        Assert.Equal("from-{a}-vault\n", said.Output);
        Assert.Equal("it is ***\n", await File.ReadAllTextAsync(log));
        Assert.DoesNotContain("from-{a}-vault", sandbox.Create(Configure).Fingerprint);
    }

    private static IsolationPipelineBuilder Pipeline(Action<ProcessSandboxOptions> configure) =>
        new IsolationPipelineBuilder("/repos/shop")
            .Sandbox.UseProcess(configure)
            .Merging.UseFirstWins()
            .Target("main")
            .RunProcess("my-agent");
}
