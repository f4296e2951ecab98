using Isolation.Sdk.Tests.Infrastructure;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp;
using Microsoft.CodeAnalysis.CSharp.Syntax;

namespace Isolation.Sdk.Tests.Gates;

/// <summary>The floors of the house, held on the types that the compiler sees, not on <c>using</c> lines.</summary>
public sealed class LayerGates
{
    // From the ground up. A folder uses itself and what stands before it.
    private static readonly string[] Floors =
    [
        "IO",
        "Platform",
        "Leases",
        "Git",
        "Monitoring",
        "Workspaces",
        "Sandbox",
        "Contexts",
        "Runners",
        "Tracking",
        "Dispatching",
        "Merging",
        "Guard",
        "Attempts",
        "Scheduling",
        "Cleanup",
        "Composition",
    ];

    // Types of the root that put everything together; every other one may be used from any floor.
    private static readonly string[] Composing =
    [
        "Axis",
        "IsolationPipeline",
        "IsolationPipelineBuilder",
        "IsolationRun",
        "IsolationServiceCollectionExtensions",
    ];

    // A workspace is captured inside a worker's state scope: what the scope's interface names may be named there, too.
    private static readonly string[] Contracts = ["IStateScope", "IWorkerProcess", "StateInfo"];

    // The goal is none.
    private const int KnownUpward = 0;
    private const int KnownOutsideTheRoot = 0;
    private const int KnownNative = 0;
    private const int KnownSeamTests = 0;

    private static readonly string[] Seams =
    [
        "IWorkspaceProvider",
        "IWorkspace",
        "IStateSandbox",
        "IStateScope",
        "IContextFactory",
        "IMergeStrategy",
        "IMergeQueue",
        "IWorkTracker",
        "IWorkerDispatcher",
        "IAgentRunner",
        "IIsolationAxis",
    ];

    [IsolationFact]
    public async Task Each_folder_uses_only_the_floors_below_it() =>
        Gate.HoldsAtMost(KnownUpward, Upward(await CoreCode.ReadSharedAsync()));

    [IsolationFact]
    public void A_type_from_a_floor_above_is_found()
    {
        (string, string) merging = ("Merging/Queue/Q.cs", "namespace Isolation.Sdk.Merging; class Q { public int N; }");
        (string, string) rootType = ("Item.cs", "namespace Isolation.Sdk; public class Item;");
        (string, string) builder = (
            "IsolationPipeline.cs",
            "namespace Isolation.Sdk; public class IsolationPipeline { Merging.Q q = new(); }"
        );

        Assert.Single(
            Upward(CoreCode.Of(merging, ("Git/A.cs", "namespace Isolation.Sdk.Git; class A { Merging.Q? q; }")))
        );
        // No name of the type, only a member of it.
        Assert.Single(
            Upward(
                CoreCode.Of(
                    ("Merging/Q.cs", "namespace Isolation.Sdk.Merging; class Q { public static int N; }"),
                    (
                        "Git/A.cs",
                        "using static Isolation.Sdk.Merging.Q; namespace Isolation.Sdk.Git; class A { int n = N; }"
                    )
                )
            )
        );
        Assert.Single(Upward(CoreCode.Of(("Elsewhere/A.cs", "namespace Isolation.Sdk.Elsewhere; class A;"))));
        Assert.NotEmpty(
            Upward(
                CoreCode.Of(
                    merging,
                    builder,
                    ("Git/A.cs", "namespace Isolation.Sdk.Git; class A { IsolationPipeline? p; }")
                )
            )
        );
        Assert.Empty(
            Upward(
                CoreCode.Of(
                    merging,
                    rootType,
                    builder,
                    ("Git/A.cs", "namespace Isolation.Sdk.Git; class A { Item? i; }"),
                    ("Merging/B.cs", "namespace Isolation.Sdk.Merging; class B { Q? q; Git.A? a; }")
                )
            )
        );
    }

    [IsolationFact]
    public async Task Types_of_the_root_namespace_lie_at_the_projects_root_and_no_others_do() =>
        Gate.HoldsAtMost(KnownOutsideTheRoot, Misplaced(await CoreCode.ReadSharedAsync()));

    [IsolationFact]
    public void A_type_in_the_wrong_folder_is_found()
    {
        Assert.Single(Misplaced(CoreCode.Of(("Git/A.cs", "namespace Isolation.Sdk; public class A;"))));
        Assert.Single(Misplaced(CoreCode.Of(("A.cs", "namespace Isolation.Sdk.Git; public class A;"))));
        Assert.Single(Misplaced(CoreCode.Of(("A.cs", "namespace Isolation.Sdk; class A;"))));
        Assert.Single(
            Misplaced(CoreCode.Of(("Merging/Queue/A.cs", "namespace Isolation.Sdk.Merging.Queue; class A;")))
        );
        Assert.Empty(
            Misplaced(
                CoreCode.Of(
                    ("A.cs", "namespace Isolation.Sdk; public class A { private class B; }"),
                    ("Merging/Queue/A.cs", "namespace Isolation.Sdk.Merging; class A;")
                )
            )
        );
    }

    [IsolationFact]
    public async Task Native_code_lies_in_Platform() =>
        Gate.HoldsAtMost(KnownNative, Native(await CoreCode.ReadSharedAsync()));

    [IsolationFact]
    public void Native_code_elsewhere_is_found()
    {
        const string Import = "class A { [System.Runtime.InteropServices.DllImport(\"c\")] static extern int f(); }";

        Assert.Single(Native(CoreCode.Of(("Git/A.cs", Import))));
        Assert.Single(Native(CoreCode.Of(("Git/A.cs", "class A { unsafe void M() { } }"))));
        Assert.Empty(Native(CoreCode.Of(("Platform/Linux/A.cs", Import), ("Git/B.cs", "class B;"))));
    }

    [IsolationFact]
    public async Task Nothing_asks_for_the_class_behind_a_seam() =>
        Gate.HoldsAtMost(KnownSeamTests, SeamTests(await CoreCode.ReadSharedAsync()));

    [IsolationFact]
    public void A_type_test_on_a_seam_is_found()
    {
        (string, string) tracker = (
            "Tracking/T.cs",
            "namespace Isolation.Sdk.Tracking; interface IWorkTracker { bool B { get; } } class T : "
                + "IWorkTracker { public bool B => this is T; static bool Own(IWorkTracker t) => t is T; }"
        );
        string[] bad =
        [
            "bool M(IWorkTracker t) => t is T;",
            "T? M(IWorkTracker t) => t as T;",
            "T M(IWorkTracker t) => (T)t;",
            "int M(IWorkTracker t) => t switch { T => 1, _ => 2 };",
            "bool M(IWorkTracker t) => t is T { B: true };",
            "bool M(IEnumerable<IWorkTracker> all) => all.OfType<T>().Any();",
        ];
        string[] good =
        [
            "bool M(IWorkTracker? t) => t is null;",
            "bool M(IWorkTracker? t) => t is { B: true };",
            "bool M(IWorkTracker t) => t is IAsyncDisposable;",
            "bool M(object o) => o is string;",
        ];

        Assert.All(bad, m => Assert.Single(SeamTests(CoreCode.Of(tracker, Elsewhere(m)))));
        Assert.All(good, m => Assert.Empty(SeamTests(CoreCode.Of(tracker, Elsewhere(m)))));
    }

    private static (string, string) Elsewhere(string member) =>
        (
            "Attempts/A.cs",
            $"using System.Linq; using System.Collections.Generic; using Isolation.Sdk.Tracking; namespace "
                + $"Isolation.Sdk.Attempts; class A {{ {member} }}"
        );

    private static IEnumerable<string> Upward(CoreCode code)
    {
        foreach ((SyntaxTree tree, string path) in code.Files)
        {
            string folder = CoreCode.FolderOf(path);
            int floor = Array.IndexOf(Floors, folder);
            if (folder.Length > 0 && floor < 0)
            {
                yield return $"{path}: the folder has no floor";
                continue;
            }

            bool composes = folder.Length == 0;
            foreach (
                (INamedTypeSymbol type, int line) in code.ReferencesOf(tree)
                    .DistinctBy(r => r.Type, SymbolEqualityComparer.Default)
            )
            {
                string of = CoreCode.FolderOf(code.PathOf(type)!);
                bool up =
                    !(folder == "Workspaces" && Contracts.Contains(type.Name))
                    && (of.Length == 0 ? Composing.Contains(type.Name) : Array.IndexOf(Floors, of) > floor);
                if (up && !composes)
                {
                    yield return $"{path}:{line}: {of}/{type.Name}";
                }
            }
        }
    }

    private static IEnumerable<string> Misplaced(CoreCode code) =>
        code
            .Types.Where(t => t.ContainingType is null)
            .Select(t => (Type: t, Path: code.PathOf(t)))
            .Where(t => t.Path is not null)
            .Select(t =>
            {
                string folder = CoreCode.FolderOf(t.Path!);
                string wanted = folder.Length == 0 ? "Isolation.Sdk" : $"Isolation.Sdk.{folder}";
                string actual = t.Type.ContainingNamespace.ToDisplayString();
                return actual != wanted && actual != "Microsoft.Extensions.DependencyInjection"
                        ? $"{t.Path}: {t.Type.Name} is in {actual}"
                    : folder.Length == 0 && t.Type.DeclaredAccessibility != Accessibility.Public
                        ? $"{t.Path}: {t.Type.Name} is not public"
                    : null;
            })
            .OfType<string>();

    private static IEnumerable<string> Native(CoreCode code) =>
        code
            .Files.Where(f => CoreCode.FolderOf(f.Path) != "Platform")
            .SelectMany(f =>
                f.Tree.GetRoot()
                    .DescendantTokens()
                    .Where(t =>
                        t.IsKind(SyntaxKind.UnsafeKeyword)
                        || (t.Parent?.Parent is AttributeSyntax && t.Text is "DllImport" or "LibraryImport")
                        || (t.Parent?.Parent is QualifiedNameSyntax && t.Text is "DllImport" or "LibraryImport")
                    )
                    .Select(t => $"{f.Path}: {t.Text}")
            );

    private static IEnumerable<string> SeamTests(CoreCode code)
    {
        foreach ((SyntaxTree tree, string path) in code.Files)
        {
            SemanticModel model = code.ModelOf(tree);
            foreach (SyntaxNode node in tree.GetRoot().DescendantNodes())
            {
                foreach ((ExpressionSyntax tested, TypeSyntax name) in Tests(node, model))
                {
                    if (
                        model.GetTypeInfo(tested).Type is { } seam
                        && (Seams.Contains(seam.Name) || ElementOf(seam) is { } e && Seams.Contains(e.Name))
                        && model.GetTypeInfo(name).Type is INamedTypeSymbol wanted
                        && !SymbolEqualityComparer.Default.Equals(seam, wanted)
                        && code.PathOf(wanted) is { } declared
                        && CoreCode.FolderOf(declared) != CoreCode.FolderOf(path)
                    )
                    {
                        int line = node.GetLocation().GetLineSpan().StartLinePosition.Line + 1;
                        yield return $"{path}:{line}: {tested} as {wanted.Name}";
                    }
                }
            }
        }
    }

    private static ITypeSymbol? ElementOf(ITypeSymbol type) =>
        type is INamedTypeSymbol { TypeArguments: [{ } element] } ? element : null;

    private static IEnumerable<(ExpressionSyntax Tested, TypeSyntax Name)> Tests(SyntaxNode node, SemanticModel model)
    {
        switch (node)
        {
            case BinaryExpressionSyntax b when b.IsKind(SyntaxKind.IsExpression) || b.IsKind(SyntaxKind.AsExpression):
                return b.Right is TypeSyntax right ? [(b.Left, right)] : [];
            case CastExpressionSyntax c:
                return [(c.Expression, c.Type)];
            case IsPatternExpressionSyntax p:
                return TypesOf(p.Pattern).Select(t => (p.Expression, t));
            case SwitchExpressionSyntax s:
                return s.Arms.SelectMany(a => TypesOf(a.Pattern)).Select(t => (s.GoverningExpression, t));
            case SwitchStatementSyntax s:
                return s
                    .Sections.SelectMany(x => x.Labels)
                    .OfType<CasePatternSwitchLabelSyntax>()
                    .SelectMany(l => TypesOf(l.Pattern))
                    .Select(t => (s.Expression, t));
            case InvocationExpressionSyntax
            {
                Expression: MemberAccessExpressionSyntax
                {
                    Name: GenericNameSyntax { Identifier.Text: "OfType" or "Cast", TypeArgumentList.Arguments: [{ } t] }
                } m
            }:
                return [(m.Expression, t)];
            default:
                return [];
        }

        // A name in a pattern may also be a constant.
        IEnumerable<TypeSyntax> TypesOf(PatternSyntax pattern) =>
            pattern
                .DescendantNodesAndSelf()
                .Select(n =>
                    n switch
                    {
                        DeclarationPatternSyntax declaration => declaration.Type,
                        TypePatternSyntax type => type.Type,
                        RecursivePatternSyntax recursive => recursive.Type,
                        ConstantPatternSyntax { Expression: TypeSyntax constant } => model
                            .GetSymbolInfo(constant)
                            .Symbol is INamedTypeSymbol
                            ? constant
                            : null,
                        _ => null,
                    }
                )
                .OfType<TypeSyntax>();
    }
}
