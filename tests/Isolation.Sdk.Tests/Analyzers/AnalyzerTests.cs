using Isolation.Sdk.Analyzers;
using Isolation.Sdk.Tests.Gates;
using Isolation.Sdk.Tests.Infrastructure;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp;
using Microsoft.CodeAnalysis.Diagnostics;

namespace Isolation.Sdk.Tests.Analyzers;

/// <summary>What the compiler tells the users of the package.</summary>
public sealed class AnalyzerTests
{
    [IsolationTheory]
    // A run that nothing awaits or disposes.
    [InlineData("pipeline.Start(items);", "ISO9001")]
    [InlineData("_ = pipeline.Start(items);", "ISO9001")]
    [InlineData("IsolationRun run = pipeline.Start(items);", "ISO9001")]
    [InlineData("var run = pipeline.Start(items); await run.Completion;")]
    [InlineData("await using IsolationRun run = pipeline.Start(items);")]
    [InlineData("await using (IsolationRun run = pipeline.Start(items)) { }")]
    [InlineData("await pipeline.Start(items).Completion;")]
    [InlineData("await foreach (WorkItemResult r in pipeline.Start(items)) Console.WriteLine(r);")]
    [InlineData("IsolationRun Make() => pipeline.Start(items); await Make().Completion;")]
    // A result that may say "failed".
    [InlineData("await worker.ExecAsync(command);", "ISO9002")]
    [InlineData("await worker.ExecAsync(command).ConfigureAwait(false);", "ISO9002")]
    [InlineData("await runner.RunAsync(worker, default);", "ISO9002")]
    [InlineData("_ = await worker.ExecAsync(command);")]
    [InlineData("Console.WriteLine(await worker.ExecAsync(command));")]
    [InlineData("ExecResult result = await worker.ExecAsync(command);")]
    [InlineData("await worker.HandoffAsync(\"a note\");")]
    // A runner whose result is dropped.
    [InlineData("builder.RunWith((w, c) => Numbers(c));", "ISO9003")]
    [InlineData("builder.RunWith((w, c) => { return Numbers(c); });", "ISO9003")]
    [InlineData("builder.RunWith(Count);", "ISO9003")]
    [InlineData("builder.RunWith(async (w, c) => { await w.ExecAsync(command, c); });", "ISO9002")]
    [InlineData("builder.RunWith((w, c) => Task.FromResult<RunResult>(new RunResult.Done()));")]
    [InlineData("builder.RunWith(async (w, c) => { await w.HandoffAsync(\"done\", c); });")]
    [InlineData("builder.RunWith((w, c) => Task.CompletedTask);")]
    public async Task A_mistake_is_found_and_nothing_else(string statement, params string[] expected) =>
        Assert.Equal(expected, await CodesOfAsync(statement));

    [IsolationFact]
    public void Each_rule_says_where_it_is_documented() =>
        Assert.All(Analyzers.SelectMany(a => a.SupportedDiagnostics), d =>
            Assert.StartsWith("https://github.com/isolation-sdk/", d.HelpLinkUri, StringComparison.Ordinal)
        );

    internal static DiagnosticAnalyzer[] Analyzers => [new DroppedResultAnalyzer(), new RunWithAnalyzer()];

    private static async Task<string[]> CodesOfAsync(string statement)
    {
        string code = $$"""
            using System; using System.Collections.Generic; using System.Threading; using System.Threading.Tasks;
            using Isolation.Sdk; using Isolation.Sdk.Sandbox;
            class User
            {
                Task<int> Numbers(CancellationToken c) => Task.FromResult(1);
                Task<int> Count(IsolatedWorker w, CancellationToken c) => Task.FromResult(1);
                async Task M(
                    IsolationPipeline pipeline, IsolationPipelineBuilder builder, IReadOnlyCollection<WorkItem> items,
                    IsolatedWorker worker, IAgentRunner runner, WorkerCommand command)
                {
                    await Task.Yield();
                    {{statement}}
                }
            }
            """;
        CSharpCompilation compilation = CSharpCompilation.Create(
            "User",
            [CSharpSyntaxTree.ParseText(code, new CSharpParseOptions(LanguageVersion.Latest))],
            Snippet.References,
            new CSharpCompilationOptions(OutputKind.DynamicallyLinkedLibrary)
        );
        Assert.DoesNotContain(compilation.GetDiagnostics(), d => d.Severity == DiagnosticSeverity.Error);
        return
        [
            .. (await compilation.WithAnalyzers([.. Analyzers]).GetAnalyzerDiagnosticsAsync())
                .Select(d => d.Id)
                .Order(StringComparer.Ordinal),
        ];
    }
}
