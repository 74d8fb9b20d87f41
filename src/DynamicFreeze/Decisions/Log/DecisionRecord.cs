using System.Text;
using System.Text.Json;
using ResearchFreeze.Layers;

namespace ResearchFreeze.DynamicFreeze;

/// <summary>A decision log, read back. What is in it is consistent: whoever reads it may rely on its units, steps and rollbacks.</summary>
public sealed partial class DecisionRecord
{
    private readonly string path;
    private readonly LogHead head;
    private readonly List<DecisionEntry> entries = [];
    private readonly List<RecordedRates> rates = [];
    private readonly List<RecordedCheck> checks = [];
    private readonly List<int> lines = [];
    private readonly (int Step, LogView? View)[] shown;
    private int last;

    private DecisionRecord(string path, LogHead head)
    {
        this.path = path;
        this.head = head;
        shown = new (int, LogView?)[head.Units.Count];
    }

    /// <summary>The criterion's name.</summary>
    public string Criterion => head.Criterion;

    /// <summary>The rule's name.</summary>
    public string Rule => head.Rule;

    /// <summary>How the model was divided.</summary>
    public string Division => head.Division;

    /// <summary>Steps between checks.</summary>
    public int CheckEvery => head.CheckEvery;

    /// <summary>Steps before the rule was asked.</summary>
    public int WarmUpSteps => head.WarmUpSteps;

    /// <summary>The units' paths, from the input.</summary>
    public IReadOnlyList<string> Units => head.Units;

    /// <summary>Which of them are heads, and never frozen; a log that was written before they were in it names none.</summary>
    public IReadOnlyList<int> Heads => head.Heads ?? [];

    /// <summary>What the user had frozen, scaled or masked before the run, in words: it stayed so.</summary>
    public IReadOnlyList<string> Pinned => head.Pinned ?? [];

    /// <summary>Every change, in order.</summary>
    public IReadOnlyList<DecisionEntry> Entries => entries;

    /// <summary>Rates that moved on after their entry, in order.</summary>
    public IReadOnlyList<RecordedRates> Rates => rates;

    /// <summary>Every check, in order.</summary>
    public IReadOnlyList<RecordedCheck> Checks => checks;

    /// <summary>Reads a log. A last line that was cut off, as a killed run leaves it, is left out.</summary>
    /// <exception cref="FormatException">A line is none of a decision log's; the message has its number.</exception>
    /// <exception cref="IOException">The file cannot be read.</exception>
    public static DecisionRecord Read(string path)
    {
        if (!File.Exists(path)) throw new FileNotFoundException($"'{path}' is not there, expected a run's folder or its decision log.", path);
        string text = File.ReadAllText(path);
        if (text.Length == 0) throw new FormatException($"'{path}' is empty, expected a decision log.");
        string[] lines = text.Split('\n');
        DecisionRecord? record = null;
        for (int i = 0; i < lines.Length; i++)
        {
            byte[] json = Encoding.UTF8.GetBytes(lines[i]);
            // Behind the last line end there is nothing, or what a killed run did not finish.
            if (i > 0 && i == lines.Length - 1 && !IsWhole(json)) break;
            try
            {
                if (record is null) record = new DecisionRecord(path, HeadOf(json));
                else record.Add(json, i + 1);
            }
            catch (FormatException exception)
            {
                throw new FormatException($"'{path}', line {i + 1} is no line of a decision log: {exception.Message}");
            }
        }
        record!.CheckRollbacks();
        return record;
    }

    /// <summary>What is wrong with an entry where it is used, with its line.</summary>
    internal ArgumentException Wrong(int entry, string what) => new(inserted.Contains(entries[entry]) ? $"Fork: at step {entries[entry].Step} {what}." : $"'{path}', line {lines[entry]}: {what}.");

    private static LogHead HeadOf(byte[] json)
    {
        LogHead head = JsonRecord.Parse(json, LogLines.Default.LogHead, DecisionLog.Schema);
        if (head.CheckEvery < 1) throw new FormatException($"'checkEvery' must be at least 1, found {head.CheckEvery}.");
        if (head.WarmUpSteps < 0) throw new FormatException($"'warmUpSteps' must be 0 or more, found {head.WarmUpSteps}.");
        return head;
    }

    private void Add(byte[] json, int line)
    {
        if (JsonRecord.Has(json, "check"u8))
        {
            LogCheck check = JsonRecord.Parse(json, LogLines.Default.LogCheck);
            CheckStep(check.Step);
            CheckViews(check);
            checks.Add(Recorded(check));
            return;
        }
        if (JsonRecord.Has(json, "rates"u8))
        {
            LogRates moved = JsonRecord.Parse(json, LogLines.Default.LogRates);
            CheckStep(moved.Step);
            CheckRates(moved.Rates);
            rates.Add(moved.Recorded());
            return;
        }
        LogChange change = JsonRecord.Parse(json, LogLines.Default.LogChange);
        CheckStep(change.Step);
        CheckUnit(change);
        CheckNumbers(change);
        DecisionEntry entry = change.Entry();
        CheckOrder(entry);
        entries.Add(entry);
        lines.Add(line);
    }

    /// <summary>A replay makes decisions in the order of their lines.</summary>
    private void CheckStep(int step)
    {
        if (step < last) throw new FormatException($"'step' must be {last} or more, as in the line before, found {step}.");
        last = step;
    }

    /// <summary>A freeze is a check's: it comes before what a measurement of its step has led to, or a replay would make it a step late.</summary>
    private void CheckOrder(DecisionEntry entry)
    {
        if (entry.Action != FreezeAction.Freeze) return;
        if (entry.IsOfMeasurement) throw new FormatException($"a freeze by '{entry.Trigger}', which only thaws and takes back.");
        if (entries.Count > 0 && entries[^1].IsOfMeasurement && entries[^1].Step == entry.Step) throw new FormatException($"a freeze at step {entry.Step} behind what a measurement of that step has led to.");
    }

    private void CheckViews(LogCheck check)
    {
        int next = 0;
        for (int i = 0; i < check.Check.Count; i++)
        {
            LogView view = check.Check[i];
            if (view.Unit < next || view.Unit >= Units.Count) throw new FormatException($"'check[{i}].unit' must be in [{next}, {Units.Count}), found {view.Unit}.");
            if (view.Age < 0 || view.Age > check.Step) throw new FormatException($"'check[{i}].age' must be in [0, {check.Step}], found {view.Age}.");
            next = view.Unit + 1;
        }
    }

    /// <summary>A line has what is new; the rest is as the check before has shown it, and older.</summary>
    private RecordedCheck Recorded(LogCheck check)
    {
        foreach (LogView view in check.Check) shown[view.Unit] = (check.Step, view);
        int never = Array.FindIndex(shown, unit => unit.View is null);
        if (never >= 0) throw new FormatException($"a check without unit {never}, which none before it has shown.");
        return new RecordedCheck(check.Step, [.. shown.Select((unit, i) => unit.View!.Recorded(Units[i], Criterion, check.Step - unit.Step))]);
    }

    private void CheckRates(IReadOnlyList<LogRate> moved)
    {
        for (int i = 0; i < moved.Count; i++)
        {
            if (moved[i].Unit < 0 || moved[i].Unit >= Units.Count) throw new FormatException($"'rates[{i}].unit' must be in [0, {Units.Count}), found {moved[i].Unit}.");
            if (moved[i].Scale < 0) throw new FormatException(FormattableString.Invariant($"'rates[{i}].scale' must be 0 or more, found {moved[i].Scale}."));
        }
    }

    private void CheckUnit(LogChange change)
    {
        bool ofAll = change.Action is FreezeAction.Rollback or FreezeAction.Stop;
        if (ofAll ? change.Unit != DecisionEntry.All : change.Unit < 0 || change.Unit >= Units.Count)
            throw new FormatException($"{change.Action} of unit {change.Unit}, expected {(ofAll ? DecisionEntry.All : $"one in [0, {Units.Count})")}.");
        string expected = ofAll ? DecisionEntry.AllPath : Units[change.Unit];
        if (change.Path != expected) throw new FormatException($"'path' of unit {change.Unit} must be \"{expected}\", found \"{change.Path}\".");
    }

    private void CheckNumbers(LogChange change)
    {
        if (change.LearningRate < 0) throw new FormatException(FormattableString.Invariant($"'learningRate' must be 0 or more, found {change.LearningRate}."));
        if (change.RateScale < 0) throw new FormatException(FormattableString.Invariant($"'rateScale' must be 0 or more, found {change.RateScale}."));
        if (change.CutRate is < 0 or > 1) throw new FormatException(FormattableString.Invariant($"'cutRate' must be in [0, 1], found {change.CutRate}."));
        if (change.StateAction is not null && change.Action is not (FreezeAction.Freeze or FreezeAction.Adjust)) throw new FormatException($"'stateAction' is a frozen unit's, found a {WordOf(change.Action)}.");
        if (change.Unit == DecisionEntry.All && (change.RateScale ?? change.CutRate ?? (object?)change.UpdateMasks) is not null) throw new FormatException($"'rateScale', 'cutRate' and 'updateMasks' are a unit's, found a {WordOf(change.Action)}.");
        bool isRollback = change.Action == FreezeAction.Rollback;
        if (isRollback != change.RestoredStep is not null) throw new FormatException($"a {WordOf(change.Action)} {(isRollback ? "without" : "with")} restoredStep.");
    }

    /// <summary>A replay keeps the weights before one freeze at a time: the last to which a rollback returns.</summary>
    private void CheckRollbacks()
    {
        HashSet<int> restored = [.. entries.Where(entry => entry.RestoredStep is not null).Select(entry => entry.RestoredStep!.Value)];
        int? kept = null;
        for (int i = 0; i < entries.Count; i++)
        {
            if (entries[i].Action == FreezeAction.Freeze && restored.Contains(entries[i].Step)) kept = entries[i].Step;
            if (entries[i].RestoredStep is not { } step || step == kept) continue;
            throw new FormatException(Wrong(i, $"a rollback to step {step}, but the last freeze that one returns to is {(kept is null ? "nowhere before" : $"of step {kept}")}").Message);
        }
    }

    private static string WordOf(FreezeAction action) => action.ToString().ToLowerInvariant();

    private static bool IsWhole(byte[] json)
    {
        try
        {
            JsonDocument.Parse(json).Dispose();
            return true;
        }
        catch (JsonException)
        {
            return false;
        }
    }
}
