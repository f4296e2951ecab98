using System.Text;
using Isolation.Sdk.Leases;
using Isolation.Sdk.Sandbox;
using Isolation.Sdk.Tests.Infrastructure;
using Isolation.Sdk.Workspaces;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;

namespace Isolation.Sdk.Tests.Workspaces;

/// <summary>The options of workspaces are plain data: they bind, they are checked by name, and their order does not
/// matter.</summary>
public sealed class WorkspaceOptionsTests
{
    public static TheoryData<string, string> Bad =>
        new()
        {
            { "BranchTemplate", """{ "BranchTemplate": "a b" }""" },
            { "MaxTemplateTrees", """{ "MaxTemplateTrees": -1 }""" },
            { "LeftoversMessage", """{ "LeftoversMessage": "{nope}" }""" },
            { "CopyIgnored", """{ "CopyIgnored": [ "../x" ] }""" },
            { "CopyIgnored", """{ "CopyIgnored": [ ".env", "/etc/passwd" ] }""" },
            { "SymbolicLinks", """{ "SymbolicLinks": { "../models": "/data" } }""" },
            { "SymbolicLinks", """{ "SymbolicLinks": { ".git/hooks": "/data" } }""" },
            { "PoolSize", """{ "PoolSize": -1 }""" },
            { "MinFreeDisk", """{ "MinFreeDisk": -1 }""" },
            { "MinFreeFiles", """{ "MinFreeFiles": -1 }""" },
            { "MinFreeMemory", """{ "MinFreeMemory": -1 }""" },
            { "MaxWaitForSpace", """{ "MaxWaitForSpace": "-00:00:01" }""" },
            { "MaxWaitForSpace", """{ "MaxWaitForSpace": "31.00:00:00" }""" },
        };

    [IsolationTheory]
    [MemberData(nameof(Bad))]
    public void A_bad_value_is_found_by_Build_with_the_options_name(string name, string settings)
    {
        IsolationFault fault = Assert.Single(Fault(o => Read(settings).Bind(o)).Faults);
        Assert.Contains(name == "BranchTemplate" ? "branch template" : name, fault.Message, StringComparison.Ordinal);
        Assert.Equal(name == "BranchTemplate" ? "ISO0303" : "ISO0319", fault.Code);
    }

    [IsolationFact]
    public void Every_bad_value_is_named_at_once() =>
        Assert.Equal(
            ["CheckoutMethod", "MaxTemplateTrees", "PoolSize"],
            Fault(o => (o.CheckoutMethod, o.MaxTemplateTrees, o.PoolSize) = ((CheckoutMethod)77, -1, -2))
                .Faults.Select(f => f.Message.Split(' ')[0]["WorkspaceOptions.".Length..])
        );

    [IsolationFact]
    public async Task They_bind_from_a_settings_file_and_the_composition_has_the_last_word()
    {
        ServiceCollection services = new();
        services.Configure<WorkspaceOptions>(
            Read(
                """
                {
                  "BranchTemplate": "work/{item}/{attempt}", "CheckoutMethod": "Checkout", "MaxTemplateTrees": 5,
                  "CopyIgnored": [ ".env", "**/.env" ], "SymbolicLinks": { "models": "/data/models" }, "KeepOrigin": true,
                  "PoolSize": 3, "MinFreeDisk": 7, "MaxWaitForSpace": "00:01:00"
                }
                """
            )
        );
        WorkspaceOptions? seen = null;
        services.AddIsolation("/r", b =>
            b.Workspaces.UsePrivateClones(o => (seen, o.MinFreeDisk) = (o, 8)).Merging.UseFirstWins().RunProcess("true")
        );
        await using ServiceProvider provider = services.BuildServiceProvider();
        provider.GetRequiredService<IsolationPipeline>();

        Assert.Equal(
            ("work/{item}/{attempt}", CheckoutMethod.Checkout, 5, true),
            (seen!.BranchTemplate, seen.CheckoutMethod, seen.MaxTemplateTrees, seen.KeepOrigin)
        );
        Assert.Equal([".env", "**/.env"], seen.CopyIgnored);
        Assert.Equal("/data/models", seen.SymbolicLinks["models"]);
        Assert.Equal((3, 8L, TimeSpan.FromMinutes(1)), (seen.PoolSize, seen.MinFreeDisk, seen.MaxWaitForSpace));
    }

    [IsolationTheory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Pool_and_admission_work_inside_whatever_wraps_the_workspaces(bool decorateFirst)
    {
        await using WorkspaceFixture fixture = await WorkspaceFixture.CreateAsync();
        IsolationPipelineBuilder builder = new IsolationPipelineBuilder(fixture.Repository.Path)
            .Merging.UseFirstWins()
            .RunProcess("true");
        void Decorate() => builder.Workspaces.Decorate((inner, _) => new Wrapped(inner));
        void Use() =>
            builder.Workspaces.UseGitWorktrees(o =>
                (o.PoolSize, o.MaxWaitForSpace, o.MinFreeDisk) = (2, TimeSpan.FromMinutes(5), long.MaxValue)
            );
        foreach (Action step in decorateFirst ? [Decorate, Use] : new Action[] { Use, Decorate })
        {
            step();
        }

        await using IsolationPipeline pipeline = builder.Build();
        ProbeResult probed = await pipeline.Workspaces.ProbeAsync(fixture.Repository.Reference);

        Assert.Contains("wrapped", probed.Notices);
        Assert.Contains(probed.Notices, n => n.StartsWith("Released workspaces are", StringComparison.Ordinal));
        Assert.Contains(probed.Notices, n => n.StartsWith("No workspace would be", StringComparison.Ordinal));
    }

    [IsolationFact]
    public async Task A_provider_makes_workspaces_in_the_directory_that_the_request_names_and_finds_them_again()
    {
        await using WorkspaceFixture fixture = await WorkspaceFixture.CreateAsync();
        string elsewhere = Path.Combine(fixture.Repository.Root, "elsewhere");
        WorkspaceRequest request = await fixture.RequestAsync();
        IWorkspace made = await fixture.Provider.AcquireAsync(request with { WorkersDirectory = elsewhere });

        Assert.Equal(Path.Combine(elsewhere, "a.1", "work"), made.Info.Path);
        Assert.False(Directory.Exists(fixture.Workers));
        LeaseRecord record = Assert.Single(fixture.Store.List());
        IWorkspace found = (await fixture.Provider.ReopenAsync(record))!;
        Assert.Equal(made.Info.Path, found.Info.Path);
        await found.ReleaseAsync(ReleaseMode.Remove);
        Assert.False(Directory.Exists(made.Info.Path));
        Assert.False(Directory.Exists(fixture.Workers));
    }

    [IsolationFact]
    public async Task Leftovers_are_committed_with_the_hosts_own_message()
    {
        await using WorkspaceFixture fixture = await WorkspaceFixture.CreateAsync(o =>
            o.LeftoversMessage = "WIP: {item}, try {attempt}"
        );
        IWorkspace workspace = await fixture.AcquireAsync();
        WorkspaceFixture.Write(workspace, "left.txt", "left\n");
        Capture capture = await fixture.CaptureAsync(workspace);

        Assert.Equal("WIP: a, try 1", await fixture.Repository.GitAsync(["log", "-1", "--format=%B", capture.Commit]));
    }

    private static IsolationConfigurationException Fault(Action<WorkspaceOptions> configure) =>
        Assert.Throws<IsolationConfigurationException>(() =>
            new IsolationPipelineBuilder("/r")
                .Workspaces.UseGitWorktrees(configure)
                .Merging.UseFirstWins()
                .RunProcess("true")
                .Build()
        );

    private static IConfiguration Read(string json) =>
        new ConfigurationBuilder().AddJsonStream(new MemoryStream(Encoding.UTF8.GetBytes(json))).Build();

    private sealed class Wrapped(IWorkspaceProvider inner) : IWorkspaceProvider
    {
        public async ValueTask<ProbeResult> ProbeAsync(
            RepositoryRef repository,
            CancellationToken cancellationToken = default
        )
        {
            ProbeResult probed = await inner.ProbeAsync(repository, cancellationToken);
            return probed with { Notices = [.. probed.Notices, "wrapped"] };
        }

        public ValueTask<IWorkspace> AcquireAsync(
            WorkspaceRequest request,
            CancellationToken cancellationToken = default
        ) => inner.AcquireAsync(request, cancellationToken);

        public ValueTask<IWorkspace?> ReopenAsync(LeaseRecord record, CancellationToken cancellationToken = default) =>
            inner.ReopenAsync(record, cancellationToken);
    }
}
