using System.Collections.Immutable;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.Diagnostics;
using Microsoft.CodeAnalysis.Operations;

namespace Isolation.Sdk.Analyzers;

/// <summary>Finds runs that nobody awaits, and results that nobody reads.</summary>
[DiagnosticAnalyzer(LanguageNames.CSharp)]
public sealed class DroppedResultAnalyzer : DiagnosticAnalyzer
{
    private static readonly string[] Results =
    [
        "Isolation.Sdk.RunResult",
        "Isolation.Sdk.WorkItemResult",
        "Isolation.Sdk.IsolationSummary",
        "Isolation.Sdk.ExecResult",
    ];

    /// <inheritdoc/>
    public override ImmutableArray<DiagnosticDescriptor> SupportedDiagnostics =>
        [Rules.RunIsDropped, Rules.ResultIsDropped];

    /// <inheritdoc/>
    public override void Initialize(AnalysisContext context)
    {
        context.ConfigureGeneratedCodeAnalysis(GeneratedCodeAnalysisFlags.None);
        context.EnableConcurrentExecution();
        context.RegisterCompilationStartAction(start =>
        {
            INamedTypeSymbol? run = start.Compilation.GetTypeByMetadataName("Isolation.Sdk.IsolationRun");
            if (run is null)
            {
                return;
            }

            ImmutableHashSet<INamedTypeSymbol> results = Results
                .Select(start.Compilation.GetTypeByMetadataName)
                .OfType<INamedTypeSymbol>()
                .ToImmutableHashSet<INamedTypeSymbol>(SymbolEqualityComparer.Default);
            start.RegisterOperationAction(c => Check(c, run, results), OperationKind.Invocation);
        });
    }

    private static void Check(
        OperationAnalysisContext context,
        INamedTypeSymbol run,
        ImmutableHashSet<INamedTypeSymbol> results
    )
    {
        IInvocationOperation call = (IInvocationOperation)context.Operation;
        ITypeSymbol returned = call.TargetMethod.ReturnType;
        if (SymbolEqualityComparer.Default.Equals(returned, run))
        {
            if (IsDropped(call) || IsUnusedLocal(call))
            {
                context.ReportDiagnostic(Diagnostic.Create(Rules.RunIsDropped, call.Syntax.GetLocation()));
            }
        }
        else if (
            Awaited(returned) is INamedTypeSymbol result
            && Bases(result).Any(results.Contains)
            && IsStatement(call)
        )
        {
            context.ReportDiagnostic(
                Diagnostic.Create(Rules.ResultIsDropped, call.Syntax.GetLocation(), call.TargetMethod.Name, result.Name)
            );
        }
    }

    private static ITypeSymbol Awaited(ITypeSymbol type) =>
        type is INamedTypeSymbol { Name: "Task" or "ValueTask", Arity: 1 } task ? task.TypeArguments[0] : type;

    private static IEnumerable<INamedTypeSymbol> Bases(INamedTypeSymbol type)
    {
        for (INamedTypeSymbol? t = type; t is not null; t = t.BaseType)
        {
            yield return t;
        }
    }

    /// <summary>Whether the call, or the wait for it, is a statement by itself.</summary>
    private static bool IsStatement(IOperation operation) =>
        operation.Parent switch
        {
            IAwaitOperation or IConversionOperation => IsStatement(operation.Parent),
            IInvocationOperation { TargetMethod.Name: "ConfigureAwait" } configured => IsStatement(configured),
            IExpressionStatementOperation => true,
            _ => false,
        };

    private static bool IsDropped(IInvocationOperation call) =>
        IsStatement(call)
        || call.Parent
            is ISimpleAssignmentOperation { Target: IDiscardOperation, Parent: IExpressionStatementOperation };

    private static bool IsUnusedLocal(IInvocationOperation call)
    {
        if (
            call.Parent is not IVariableInitializerOperation { Parent: IVariableDeclaratorOperation declarator }
            || IsUsing(declarator)
        )
        {
            return false;
        }

        IOperation body = declarator;
        while (body.Parent is not null)
        {
            body = body.Parent;
        }

        return !body.Descendants()
            .OfType<ILocalReferenceOperation>()
            .Any(r => SymbolEqualityComparer.Default.Equals(r.Local, declarator.Symbol));
    }

    private static bool IsUsing(IOperation operation)
    {
        for (IOperation? o = operation.Parent; o is not null and not IBlockOperation; o = o.Parent)
        {
            if (o is IUsingDeclarationOperation or IUsingOperation)
            {
                return true;
            }
        }

        return false;
    }
}
