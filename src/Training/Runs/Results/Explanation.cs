using System.Globalization;
using System.Text;
using ResearchFreeze.DynamicFreeze;

namespace ResearchFreeze.Training;

/// <summary>A decision log in words.</summary>
public static class Explanation
{
    /// <summary>What happened to each unit, when and why.</summary>
    public static string Of(DecisionRecord record)
    {
        ArgumentNullException.ThrowIfNull(record);
        StringBuilder text = Head(record);
        foreach (DecisionEntry entry in record.Entries.Where(entry => entry.Unit < 0)) text.AppendLine(entry.ToString());
        for (int unit = 0; unit < record.Units.Count; unit++)
        {
            DecisionEntry[] changes = [.. record.Entries.Where(entry => entry.Unit == unit)];
            text.AppendLine();
            text.AppendLine(changes.Length == 0 ? $"{record.Units[unit]}: trained all the time.{Never(record, unit)}" : $"{record.Units[unit]}:");
            foreach (DecisionEntry entry in changes) text.AppendLine(CultureInfo.InvariantCulture, $"  {Sentence(entry, RateAfter(record, entry))}");
        }
        if (record.Entries.ExpectedLoss() is { } price)
        {
            text.AppendLine();
            text.AppendLine(CultureInfo.InvariantCulture, $"The freezes that stand are expected to cost {price:G3} more loss than full training.");
        }
        return text.ToString().TrimEnd();
    }

    /// <summary>What each unit did in the step after this many, since when and why, and what the last check before showed.</summary>
    public static string Of(DecisionRecord record, int step)
    {
        ArgumentNullException.ThrowIfNull(record);
        if (step < 0) throw new ArgumentOutOfRangeException(nameof(step), $"Explain: a step must be 0 or more, found {step}.");
        StringBuilder text = Head(record);
        RecordedCheck? check = record.Checks.LastOrDefault(check => check.Step <= step);
        text.AppendLine(check is null
            ? $"After {step} steps the rule had not been asked but before the first step."
            : $"After {step} steps; the last check was made at step {check.Step}.");
        for (int unit = 0; unit < record.Units.Count; unit++)
        {
            DecisionEntry? last = record.Entries.LastOrDefault(entry => entry.Unit == unit && entry.Step <= step && (entry.Action is FreezeAction.Freeze or FreezeAction.Thaw));
            text.AppendLine();
            text.AppendLine(last switch
            {
                null => $"{record.Units[unit]} trained, as from the start.",
                { Action: FreezeAction.Freeze } => $"{record.Units[unit]} was frozen, since step {last.Step} ({last.Trigger}){Because(last)}.",
                _ => $"{record.Units[unit]} trained, thawed at step {last.Step} ({last.Trigger}){Because(last)}.",
            });
            DecisionEntry? refusal = record.Entries.LastOrDefault(entry => entry.Unit == unit && entry.Step <= step && entry.Action == FreezeAction.Refuse);
            if (refusal is not null) text.AppendLine(CultureInfo.InvariantCulture, $"  {(refusal.Trigger == "fork" ? $"The fork kept it in training at step {refusal.Step}" : $"The rule asked to freeze it at step {refusal.Step}, which was refused")}{Because(refusal)}.");
            if (check?.Units[unit] is { } view) text.AppendLine(CultureInfo.InvariantCulture, $"  At the check: {Seen(view)}.");
        }
        return text.ToString().TrimEnd();
    }

    /// <summary>What each change of what is frozen promised of a step's time, and what was found; empty: nothing was measured on both sides of one.</summary>
    public static string Of(IReadOnlyList<RunStepTime> times)
    {
        ArgumentNullException.ThrowIfNull(times);
        string[] lines = [.. times.Select(time => time.Sentence).OfType<string>().Select(line => $"  {line}")];
        return lines.Length == 0 ? "" : $"Promise and fact:{Environment.NewLine}{string.Join(Environment.NewLine, lines)}";
    }

    private static StringBuilder Head(DecisionRecord record)
    {
        var text = new StringBuilder();
        text.AppendLine(CultureInfo.InvariantCulture, $"Criterion {record.Criterion}, rule {record.Rule}, units by {record.Division}; a check every {record.CheckEvery} steps, the rule asked after {record.WarmUpSteps}.");
        if (record.Pinned.Count > 0) text.AppendLine(CultureInfo.InvariantCulture, $"Set by the user, and left so: {string.Join(", ", record.Pinned)}.");
        return text;
    }

    private static string Because(DecisionEntry entry) => entry.Reason is null ? "" : $": {entry.Reason}";

    /// <summary>Where a rate that an entry began to move was last; null: it stood still.</summary>
    private static (int Step, float Scale)? RateAfter(DecisionRecord record, DecisionEntry entry)
    {
        if (entry.RateScale is null) return null;
        int until = record.Entries.Where(other => other.Unit == entry.Unit && other.RateScale is not null && other.Step > entry.Step).Select(other => other.Step).DefaultIfEmpty(int.MaxValue).First();
        (int, float)[] moved = [.. record.Rates.Where(rates => rates.Step > entry.Step && rates.Step < until).SelectMany(rates => rates.Rates.Where(rate => rate.Unit == entry.Unit).Select(rate => (rates.Step, rate.Scale)))];
        return moved.Length == 0 ? null : moved[^1];
    }

    private static string Sentence(DecisionEntry entry, (int Step, float Scale)? rateAfter)
    {
        var text = new StringBuilder();
        text.Append(CultureInfo.InvariantCulture, $"step {entry.Step}, {(entry is { Action: FreezeAction.Refuse, Trigger: "fork" } ? "kept in training" : Verb(entry.Action))} by {Trigger(entry.Trigger)}{Because(entry)}");
        if (float.IsFinite(entry.LearningRate)) text.Append(CultureInfo.InvariantCulture, $"; learning rate {entry.LearningRate:G3}");
        if (double.IsFinite(entry.Score)) text.Append(CultureInfo.InvariantCulture, $", score {entry.Score:G3}");
        if (entry.RateScale is { } scale) text.Append(CultureInfo.InvariantCulture, $", its rate multiplied with {scale:G3}");
        if (rateAfter is { } last) text.Append(CultureInfo.InvariantCulture, $", moved on to {last.Scale:G3} at step {last.Step}");
        if (entry.StateAction is { } action) text.Append(CultureInfo.InvariantCulture, $", its optimizer state: {action.ToString().ToLowerInvariant()}");
        if (entry.UpdateMasks is { } masks) text.Append(CultureInfo.InvariantCulture, $", update masks: {string.Join("; ", masks.Select(mask => mask?.ToString() ?? "all train"))}");
        return text.Append('.').ToString();
    }

    private static string Verb(FreezeAction action) => action switch
    {
        FreezeAction.Freeze => "frozen",
        FreezeAction.Thaw => "thawed",
        FreezeAction.Refuse => "not frozen, though asked",
        FreezeAction.Pin => "pinned",
        FreezeAction.Unpin => "unpinned",
        _ => "adjusted",
    };

    private static string Trigger(string trigger) => trigger switch
    {
        "rule" => "the rule",
        "rate-drop" => "a drop of the learning rate",
        "regression" => "a validation regression",
        "timer" => "the timer",
        "probe" => "a probe",
        "guard" => "the guard",
        "fork" => "the fork",
        _ => trigger,
    };

    private static string Never(DecisionRecord record, int unit)
    {
        double[] scores = [.. record.Checks.Select(check => check.Units[unit].Score).Where(double.IsFinite)];
        return scores.Length == 0
            ? " No check had a score for it."
            : string.Create(CultureInfo.InvariantCulture, $" Its score was between {scores.Min():G3} and {scores.Max():G3} at {scores.Length} checks, {record.Checks[^1].Units[unit].Explanation} at the last.");
    }

    private static string Seen(RecordedView view)
    {
        string age = view.Age == 0 ? "" : string.Create(CultureInfo.InvariantCulture, $", {view.Age} steps old");
        string debt = double.IsFinite(view.Debt) ? string.Create(CultureInfo.InvariantCulture, $", its probed gradient {view.Debt:G3} times that at the freeze") : "";
        return double.IsFinite(view.Score) ? string.Create(CultureInfo.InvariantCulture, $"{view.Explanation} (score {view.Score:G3}{age}{debt})") : $"no opinion ({view.Explanation}{age}{debt})";
    }
}
