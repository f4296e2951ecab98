using System.Collections.Immutable;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.Diagnostics;
using Microsoft.CodeAnalysis.Operations;

namespace Isolation.Sdk.Analyzers;

/// <summary>Finds runners whose result is dropped, because they are bound to the overload for a plain
/// <c>Task</c>.</summary>
[DiagnosticAnalyzer(LanguageNames.CSharp)]
public sealed class RunWithAnalyzer : DiagnosticAnalyzer
{
    /// <inheritdoc/>
    public override ImmutableArray<DiagnosticDescriptor> SupportedDiagnostics => [Rules.RunnerResultIsDropped];

    /// <inheritdoc/>
    public override void Initialize(AnalysisContext context)
    {
        context.ConfigureGeneratedCodeAnalysis(GeneratedCodeAnalysisFlags.None);
        context.EnableConcurrentExecution();
        context.RegisterOperationAction(Check, OperationKind.Invocation);
    }

    private static void Check(OperationAnalysisContext context)
    {
        IInvocationOperation call = (IInvocationOperation)context.Operation;
        if (call.TargetMethod.Name != "RunWith" || call.TargetMethod.ContainingAssembly.Name != "Isolation.Sdk")
        {
            return;
        }

        foreach (IArgumentOperation argument in call.Arguments)
        {
            if (
                argument.Parameter?.Type is INamedTypeSymbol { DelegateInvokeMethod.ReturnType: { } returned }
                && IsPlainTask(returned)
                && Unwrapped(argument.Value) is IDelegateCreationOperation { Target: { } target }
                && Dropped(target) is { } result
            )
            {
                context.ReportDiagnostic(
                    Diagnostic.Create(Rules.RunnerResultIsDropped, argument.Syntax.GetLocation(), result.Name)
                );
            }
        }
    }

    private static ITypeSymbol? Dropped(IOperation target) =>
        target switch
        {
            IMethodReferenceOperation method => ResultOf(method.Method.ReturnType),
            IAnonymousFunctionOperation { Symbol.IsAsync: false } lambda => lambda
                .Body.Descendants()
                .OfType<IReturnOperation>()
                .Select(r => r.ReturnedValue is null ? null : ResultOf(Unwrapped(r.ReturnedValue).Type))
                .FirstOrDefault(t => t is not null),
            _ => null,
        };

    private static bool IsPlainTask(ITypeSymbol type) => type is INamedTypeSymbol { Name: "Task", Arity: 0 };

    private static ITypeSymbol? ResultOf(ITypeSymbol? type) =>
        type is INamedTypeSymbol { Name: "Task", Arity: 1 } task ? task.TypeArguments[0] : null;

    private static IOperation Unwrapped(IOperation operation) =>
        operation is IConversionOperation conversion ? Unwrapped(conversion.Operand) : operation;
}
