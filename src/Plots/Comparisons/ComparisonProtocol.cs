using System.Globalization;
using ResearchFreeze.Evaluation;
using ResearchFreeze.Training;

namespace ResearchFreeze.Plots;

/// <summary>How a comparison was made: what somebody needs to repeat it.</summary>
internal static class ComparisonProtocol
{
    public static void Write(Html page, ComparisonResult result)
    {
        ComparisonPlan plan = result.Plan;
        page.Heading("Protocol and environment");
        page.Raw($"<dl>{string.Concat(Facts(result).Select(fact => $"<dt>{Html.Escaped(fact.Name)}</dt><dd>{Html.Escaped(fact.What)}</dd>"))}</dl>");
        page.Details("Every run", inside => inside.Table("Test loss and operations of each run.", ["run", "seed", "state", "steps", "GFLOP", "seconds", "test loss", $"test {plan.Primary}"], result.Runs.Select(run => (IReadOnlyList<string>)
        [
            run.Plan.Name, run.Plan.Seed.ToString(CultureInfo.InvariantCulture), run.State.ToString().ToLowerInvariant(), run.Summary?.Steps.ToString(CultureInfo.InvariantCulture) ?? "–", Real(run.Operations / 1e9, "F2"), Real(run.Seconds, "F1"), Real(run.Loss, "F4"),
            plan.Primary == "accuracy" ? Real(100 * run.Primary, "F2") : Real(run.Primary, "G5"),
        ])));
        page.Details("Every command", inside => inside.Raw($"<pre>{Html.Escaped(string.Join('\n', plan.All.Select(run => run.Command)))}</pre>"));
    }

    private static IEnumerable<(string Name, string What)> Facts(ComparisonResult result)
    {
        ComparisonPlan plan = result.Plan;
        yield return ("seeds", string.Join(", ", plan.Seeds));
        yield return ("runs", $"{plan.All.Count}, {(plan.Jobs == 1 ? "one at a time, all of a seed before the next one" : $"{plan.Jobs} at a time")}");
        foreach ((string name, string value) in result.Reference.Runs[0].Plan.Settings.Where(setting => setting.Key is not ("--policy" or "--seed"))) yield return (name[2..], value);
        yield return ("control curve", FormattableString.Invariant($"full training of {string.Join(", ", ControlLengths.Fractions.Select(part => FormattableString.Invariant($"{100 * part:F0} %")))} of {plan.Steps} steps, {string.Join(" and ", ControlLengths.Schedules)} to zero"));
        yield return ("endpoints", $"{plan.Primary} and loss of the last weights on test data");
        foreach (RunEnvironment environment in result.Environments)
        {
            yield return ("version", environment.Commit is { } commit ? $"{environment.Version}, commit {commit}" : environment.Version);
            yield return ("runtime", environment.Runtime);
            yield return ("system", environment.System);
            yield return ("device used", $"{environment.Device}{(environment.Simd is { } simd ? $", {simd}" : "")}, {environment.Threads} {(environment.Threads == 1 ? "thread" : "threads")}");
        }
    }

    private static string Real(double value, string form) => double.IsFinite(value) ? value.ToString(form, CultureInfo.InvariantCulture) : "–";
}
