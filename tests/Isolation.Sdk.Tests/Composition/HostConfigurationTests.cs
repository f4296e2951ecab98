using System.Text;
using Isolation.Sdk.Contexts;
using Isolation.Sdk.Merging;
using Isolation.Sdk.Sandbox;
using Isolation.Sdk.Tests.Infrastructure;
using Isolation.Sdk.Workspaces;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;

namespace Isolation.Sdk.Tests.Composition;

/// <summary>Options come from the host: configuration, post-configuration, validation, names, keys.</summary>
public sealed class HostConfigurationTests
{
    private const string Settings = """
        {
          "Isolation": { "MaxWorkers": 3, "AttemptTimeout": "00:42:00", "OnFailure": "Keep" },
          "Other": { "MaxWorkers": 2 },
          "Contexts": { "TokenBudget": 777 }
        }
        """;

    [IsolationFact]
    public async Task Options_bind_from_a_settings_file_by_name()
    {
        IConfiguration settings = Read(Settings);
        ServiceCollection services = new();
        services.Configure<IsolationOptions>(settings.GetSection("Isolation"));
        services.Configure<IsolationOptions>("other", settings.GetSection("Other"));
        services.PostConfigure<IsolationOptions>("other", o => o.MaxAttempts = 9);
        services.AddIsolation("/r", b => b.Merging.UseFirstWins().RunProcess("true").Configure(o => o.MaxAttempts = 5));
        services.AddKeyedIsolation("other", "/r", b => b.Merging.UseFirstWins().RunProcess("true"));
        await using ServiceProvider provider = services.BuildServiceProvider();

        Assert.Contains("3 at a time, 5 attempts", await DescribeAsync(provider, null), StringComparison.Ordinal);
        Assert.Contains("2 at a time, 9 attempts", await DescribeAsync(provider, "other"), StringComparison.Ordinal);
    }

    [IsolationFact]
    public async Task The_options_of_an_axis_come_from_the_host_too_and_the_composition_has_the_last_word()
    {
        ServiceCollection services = new();
        services.Configure<FreshContextOptions>("shop", Read(Settings).GetSection("Contexts"));
        List<int?> seen = [];
        void Note(FreshContextOptions options) => seen.Add(options.TokenBudget);
        services.AddKeyedIsolation("shop", "/r", b =>
            b.Contexts.UseFresh(Note).Merging.UseFirstWins().RunProcess("true")
        );
        services.AddIsolation("/r", b => b.Contexts.UseFresh(Note).Merging.UseFirstWins().RunProcess("true"));
        await using ServiceProvider provider = services.BuildServiceProvider();

        provider.GetRequiredKeyedService<IsolationPipeline>("shop");
        provider.GetRequiredService<IsolationPipeline>();

        Assert.Equal([777, new FreshContextOptions().TokenBudget], seen);
    }

    [IsolationFact]
    public async Task Every_axis_binds_from_a_settings_file()
    {
        IConfiguration settings = Read(
            """
            {
              "Workspaces": { "CopyIgnored": [ ".env" ], "SymbolicLinks": { "data": "/data" }, "PoolSize": 3 },
              "Sandbox": {
                "Inherit": [ "COMPANY_PROXY" ], "Environment": { "STAGE": "test" }, "Ports": [ "web" ],
                "Teardown": [ { "File": "rm", "Arguments": [ "-f", "x" ] } ], "Limits": { "MaxProcesses": 9 }
              },
              "Merging": {
                "Mode": "FastForward", "GateTimeout": "00:10:00",
                "Gates": [ { "File": "dotnet", "Arguments": [ "test" ] } ]
              }
            }
            """
        );
        ServiceCollection services = new();
        services.Configure<WorkspaceOptions>(settings.GetSection("Workspaces"));
        services.Configure<ProcessSandboxOptions>(settings.GetSection("Sandbox"));
        services.Configure<MergeQueueOptions>(settings.GetSection("Merging"));
        WorkspaceOptions? workspaces = null;
        ProcessSandboxOptions? sandbox = null;
        MergeQueueOptions? merging = null;
        services.AddIsolation("/r", b =>
            b.Workspaces.UsePrivateClones(o => workspaces = o)
                .Sandbox.UseProcess(o => sandbox = o)
                .Merging.UseSerialQueue(o => merging = o)
                .RunProcess("true")
        );
        await using ServiceProvider provider = services.BuildServiceProvider();

        provider.GetRequiredService<IsolationPipeline>();

        Assert.Equal(
            [".env", "/data", "3"],
            [.. workspaces!.CopyIgnored, workspaces.SymbolicLinks["data"], $"{workspaces.PoolSize}"]
        );
        Assert.Equal(
            ["COMPANY_PROXY", "test", "web", "9"],
            [.. sandbox!.Inherit, sandbox.Environment["STAGE"], .. sandbox.Ports, $"{sandbox.Limits.MaxProcesses}"]
        );
        WorkerCommand teardown = Assert.Single(sandbox.Teardown);
        Assert.Equal(["rm", "-f", "x"], [teardown.File, .. teardown.Arguments]);
        Assert.Equal((MergeMode.FastForward, TimeSpan.FromMinutes(10)), (merging!.Mode, merging.GateTimeout));
        MergeGate gate = Assert.Single(merging.Gates);
        Assert.Equal(["dotnet", "test"], [gate.File!, .. gate.Arguments]);
    }

    [IsolationFact]
    public async Task A_third_party_takes_its_options_from_the_host_with_one_call()
    {
        ServiceCollection services = new();
        services.Configure<ThirdPartyOptions>("shop", o => o.Size = 3);
        List<int> seen = [];
        services.AddKeyedIsolation("shop", "/r", b => b.Contexts.Use<ThirdPartyOptions>(
                    o => o.Size *= 2,
                    (options, _) =>
                    {
                        seen.Add(options.Size);
                        return new NoContexts();
                    }
                )
                .Merging.UseFirstWins()
                .RunProcess("true"));
        await using ServiceProvider provider = services.BuildServiceProvider();

        provider.GetRequiredKeyedService<IsolationPipeline>("shop");

        Assert.Equal([6], seen);
    }

    [Fact]
    public void The_hosts_validation_is_a_fault_of_the_composition()
    {
        ServiceCollection services = new();
        services
            .AddOptions<IsolationOptions>()
            .Validate(o => o.MaxWorkers <= 2, "At most two here.")
            .Configure(o => o.MaxWorkers = 3);
        services.AddIsolation("/r", b => b.RunProcess("true"));
        using ServiceProvider provider = services.BuildServiceProvider();

        IsolationConfigurationException thrown = Assert.Throws<IsolationConfigurationException>(() =>
            provider.GetRequiredService<IsolationPipeline>()
        );

        Assert.Equal(["ISO0902", "ISO0904"], thrown.Faults.Select(f => f.Code));
        Assert.Contains("At most two here.", thrown.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Validation_at_the_hosts_start_sees_the_same_options()
    {
        ServiceCollection services = new();
        services
            .AddOptions<IsolationOptions>("shop")
            .Bind(Read("""{ "MaxWorkers": 64 }"""))
            .Validate(o => o.MaxWorkers <= 2, "At most two here.")
            .ValidateOnStart();
        services.AddKeyedIsolation("shop", "/r", b => b.Merging.UseFirstWins().RunProcess("true"));
        using ServiceProvider provider = services.BuildServiceProvider();

        Assert.Throws<OptionsValidationException>(() => provider.GetRequiredService<IStartupValidator>().Validate());
        Assert.Throws<IsolationConfigurationException>(() =>
            provider.GetRequiredKeyedService<IsolationPipeline>("shop")
        );
    }

    [IsolationFact]
    public async Task Repository_target_and_gates_may_come_from_services_and_keyed_ones_resolve_everywhere()
    {
        await using PipelineFixture fixture = await PipelineFixture.CreateAsync();
        ServiceCollection services = new();
        services.AddSingleton(new Where(fixture.Repository.Path, PipelineFixture.Target));
        services.AddKeyedSingleton<IContextFactory>("mine", (_, _) => new NoContexts());
        services.AddKeyedSingleton("note", "kept");
        List<string> notes = [];
        services.AddIsolation(
            provider => provider.GetRequiredService<Where>().Repository,
            (provider, builder) =>
                builder
                    .Target(provider.GetRequiredService<Where>().Target, from: "main")
                    .Contexts.Use(inner => inner.GetRequiredKeyedService<IContextFactory>("mine"))
                    .Contexts.Decorate(
                        (inner, factory) =>
                        {
                            notes.Add(factory.GetRequiredKeyedService<string>("note"));
                            Assert.Null(factory.GetKeyedService<string>("none"));
                            return inner;
                        }
                    )
                    .Merging.UseFirstWins()
                    .RunProcess("true")
        );
        await using ServiceProvider host = services.BuildServiceProvider();

        IsolationPipeline pipeline = host.GetRequiredService<IsolationPipeline>();

        Assert.IsType<NoContexts>(pipeline.Contexts);
        Assert.Equal(["kept"], notes);
        string described = await pipeline.DescribeAsync();
        Assert.Contains(fixture.Repository.Path, described, StringComparison.Ordinal);
        Assert.Contains("landing (from main)", described, StringComparison.Ordinal);
    }

    [IsolationFact]
    public async Task A_gate_may_be_a_service_of_the_host()
    {
        await using PipelineFixture fixture = await PipelineFixture.CreateAsync();
        ServiceCollection services = new();
        services.AddSingleton<NoBadFiles>();
        services
            .AddOptions<MergeQueueOptions>()
            .Configure<NoBadFiles>((o, gate) => o.Gates.Add("no-bad-files", gate.TestAsync));
        services.AddIsolation(fixture.Repository.Path, b =>
            b.Target(PipelineFixture.Target, from: "main")
                .Configure(o => o.MaxAttempts = 1)
                .Merging.UseSerialQueue()
                .RunWith(PipelineFixture.WriteAndCommitAsync)
        );
        await using ServiceProvider host = services.BuildServiceProvider();

        await using IsolationRun run = host.GetRequiredService<IsolationPipeline>()
            .Start([PipelineFixture.Item("good"), PipelineFixture.Item("bad")]);
        Dictionary<string, ItemOutcome> outcomes = (await run.Completion).Items.ToDictionary(
            i => i.Item.Id,
            i => i.Outcome
        );

        Assert.Equal((ItemOutcome.Landed, ItemOutcome.Rejected), (outcomes["good"], outcomes["bad"]));
        Assert.True(host.GetRequiredService<NoBadFiles>().Runs >= 2);
    }

    [IsolationFact]
    public async Task Secrets_may_come_from_a_service_of_the_host_and_are_masked()
    {
        await using PipelineFixture fixture = await PipelineFixture.CreateAsync();
        ServiceCollection services = new();
        services.AddSingleton(new Vault("sesame-open-4711"));
        services
            .AddOptions<ProcessSandboxOptions>()
            .Configure<Vault>(
                (o, vault) =>
                {
                    o.Environment["API_KEY"] = vault.Key;
                    o.Secrets.Add("API_KEY");
                }
            );
        services.AddIsolation(fixture.Repository.Path, b =>
            b.Target(PipelineFixture.Target, from: "main")
                .Configure(o => o.MaxAttempts = 1)
                .Merging.UseFirstWins()
                .RunProcess("sh", "-c", "echo \"key $API_KEY\"; exit 3")
        );
        await using ServiceProvider host = services.BuildServiceProvider();

        await using IsolationRun run = host.GetRequiredService<IsolationPipeline>().Start([PipelineFixture.Item("a")]);
        WorkItemResult result = Assert.Single((await run.Completion).Items);

        Assert.Contains("3: key ***", result.Reason, StringComparison.Ordinal);
    }

    [Fact]
    public void A_host_that_disposes_its_services_without_waiting_may_do_so()
    {
        ServiceCollection services = new();
        services.AddIsolation("/r", b => b.Merging.UseFirstWins().RunProcess("true"));
        ServiceProvider provider = services.BuildServiceProvider();
        IsolationPipeline pipeline = provider.GetRequiredService<IsolationPipeline>();

        provider.Dispose();

        Assert.Throws<ObjectDisposedException>(() => pipeline.Start([]));
    }

    private static async Task<string> DescribeAsync(ServiceProvider provider, string? key) =>
        await (
            key is null
                ? provider.GetRequiredService<IsolationPipeline>()
                : provider.GetRequiredKeyedService<IsolationPipeline>(key)
        ).DescribeAsync();

    private static IConfiguration Read(string json) =>
        new ConfigurationBuilder().AddJsonStream(new MemoryStream(Encoding.UTF8.GetBytes(json))).Build();

    private sealed record Vault(string Key);

    private sealed class NoBadFiles
    {
        private int _runs;

        public int Runs => _runs;

        public ValueTask<GateResult> TestAsync(GateContext gate, CancellationToken cancellationToken)
        {
            Interlocked.Increment(ref _runs);
            return ValueTask.FromResult(
                File.Exists(Path.Combine(gate.Workspace, "bad.txt"))
                    ? GateResult.Fail("bad.txt is bad")
                    : GateResult.Pass
            );
        }
    }

    private sealed record Where(string Repository, string Target);

    private sealed class ThirdPartyOptions
    {
        public int Size { get; set; }
    }

    private sealed class NoContexts : IContextFactory
    {
        public ValueTask<ProbeResult> ProbeAsync(
            RepositoryRef repository,
            CancellationToken cancellationToken = default
        ) => ValueTask.FromResult(new ProbeResult(IsolationGuarantees.Context, IsolationGuarantees.None, []));

        public ValueTask<WorkerContext> CreateAsync(
            ContextRequest request,
            CancellationToken cancellationToken = default
        ) => throw new NotSupportedException();
    }
}
