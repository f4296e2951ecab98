using System.Globalization;
using System.Text;
using Isolation.Sdk.Scheduling;

namespace Isolation.Sdk.Composition;

internal static class PlanDescription
{
    public static string Of(PipelinePlan plan, AuditReport audit)
    {
        IsolationGuarantees open =
            Enum.GetValues<IsolationGuarantees>().Aggregate((a, b) => a | b) & ~(audit.Sealed | audit.Detected);
        StringBuilder text = new();
        void Line(string name, string value) => text.AppendLine(CultureInfo.InvariantCulture, $"{name, -12}{value}");
        Line("repository", plan.Settings.Repository);
        Line(
            "target",
            plan.Settings.TargetFrom is null
                ? plan.Settings.Target
                : $"{plan.Settings.Target} (from {plan.Settings.TargetFrom})"
        );
        Line("level", plan.Settings.Level.ToString());
        Line("workspaces", plan.Workers.Workspaces.GetType().Name);
        Line("contexts", plan.Workers.Contexts.GetType().Name);
        Line("state", plan.Workers.Sandbox.GetType().Name);
        Line("merging", plan.Merging.GetType().Name);
        Line(
            "workers",
            string.Create(
                CultureInfo.InvariantCulture,
                $"{plan.Options.MaxWorkers} at a time, {plan.Options.MaxAttempts} attempts an item"
            )
        );
        Line("sealed", audit.Sealed.ToString());
        Line("detected", audit.Detected.ToString());
        Line("open", open.ToString());
        foreach (IsolationFault waived in audit.Waived)
        {
            Line("waived", $"{waived.Code}: {waived.Message} Accepted: {waived.WaivedBecause}");
        }

        foreach (string notice in audit.Notices)
        {
            Line("notice", notice);
        }

        foreach (IsolationFault fault in audit.Faults)
        {
            Line("fault", fault.ToString());
        }

        return text.ToString();
    }
}
