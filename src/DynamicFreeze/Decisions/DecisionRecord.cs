using System.Text.Json;
using ResearchFreeze.Autograd;
using ResearchFreeze.Layers;

namespace ResearchFreeze.DynamicFreeze;

/// <summary>What the rule was shown of a unit at a check.</summary>
/// <param name="Path">The unit.</param>
/// <param name="IsFrozen">Whether it rested.</param>
/// <param name="Age">Steps since it was last observed.</param>
/// <param name="Score">The criterion's score; NaN: no opinion.</param>
/// <param name="Explanation">The numbers behind it.</param>
/// <param name="Debt">The probed gradient over that at the freeze; NaN: not known.</param>
public sealed record RecordedView(string Path, bool IsFrozen, int Age, double Score, string Explanation, double Debt);

/// <summary>A check.</summary>
/// <param name="Step">Steps taken.</param>
/// <param name="Units">What the rule was shown.</param>
public sealed record RecordedCheck(int Step, IReadOnlyList<RecordedView> Units);

/// <summary>A decision log, read back.</summary>
public sealed class DecisionRecord
{
    private DecisionRecord(JsonElement head, List<DecisionEntry> entries, List<RecordedCheck> checks)
    {
        Criterion = head.GetProperty("criterion").GetString()!;
        Rule = head.GetProperty("rule").GetString()!;
        Division = head.GetProperty("division").GetString()!;
        CheckEvery = head.GetProperty("checkEvery").GetInt32();
        WarmUpSteps = head.GetProperty("warmUpSteps").GetInt32();
        Units = [.. head.GetProperty("units").EnumerateArray().Select(unit => unit.GetString()!)];
        Entries = entries;
        Checks = checks;
    }

    /// <summary>The criterion's name.</summary>
    public string Criterion { get; }

    /// <summary>The rule's name.</summary>
    public string Rule { get; }

    /// <summary>How the model was divided.</summary>
    public string Division { get; }

    /// <summary>Steps between checks.</summary>
    public int CheckEvery { get; }

    /// <summary>Steps before the rule was asked.</summary>
    public int WarmUpSteps { get; }

    /// <summary>The units' paths, from the input.</summary>
    public IReadOnlyList<string> Units { get; }

    /// <summary>Every change, in order.</summary>
    public IReadOnlyList<DecisionEntry> Entries { get; }

    /// <summary>Every check, in order.</summary>
    public IReadOnlyList<RecordedCheck> Checks { get; }

    /// <summary>Reads a log. A last line that was cut off, as a killed run leaves it, is left out.</summary>
    /// <exception cref="FormatException">A line is none of a decision log's; the message has its number.</exception>
    /// <exception cref="IOException">The file cannot be read.</exception>
    public static DecisionRecord Read(string path)
    {
        string[] lines = File.ReadAllLines(path);
        if (lines.Length == 0) throw new FormatException($"'{path}' is empty, expected a decision log.");
        JsonElement? head = null;
        var entries = new List<DecisionEntry>();
        var checks = new List<RecordedCheck>();
        for (int i = 0; i < lines.Length; i++)
        {
            try
            {
                using JsonDocument line = JsonDocument.Parse(lines[i]);
                JsonElement json = line.RootElement;
                if (head is null) head = Head(json).Clone();
                else if (json.TryGetProperty("check", out JsonElement views)) checks.Add(Checked(new RecordedCheck(json.GetProperty("step").GetInt32(), [.. views.EnumerateArray().Select(View)]), UnitsOf(head.Value)));
                else entries.Add(Checked(Entry(json), UnitsOf(head.Value)));
            }
            catch (JsonException) when (i > 0 && i == lines.Length - 1 && !EndsWithNewLine(path))
            {
            }
            catch (Exception exception) when (exception is JsonException or KeyNotFoundException or InvalidOperationException or ArgumentException or FormatException)
            {
                throw new FormatException($"'{path}', line {i + 1} is no line of a decision log: {exception.Message}");
            }
        }
        return new DecisionRecord(head!.Value, entries, checks);
    }

    private static JsonElement Head(JsonElement json)
    {
        int schema = json.TryGetProperty("schema", out JsonElement found) ? found.GetInt32() : 0;
        if (schema != DecisionLog.Schema) throw new FormatException($"schema {schema}, expected {DecisionLog.Schema}.");
        foreach (string name in (string[])["criterion", "rule", "division", "checkEvery", "warmUpSteps", "units"]) json.GetProperty(name);
        return json;
    }

    private static int UnitsOf(JsonElement head) => head.GetProperty("units").GetArrayLength();

    private static RecordedCheck Checked(RecordedCheck check, int units) =>
        check.Units.Count == units ? check : throw new FormatException($"a check of {check.Units.Count} units, expected {units}.");

    private static DecisionEntry Checked(DecisionEntry entry, int units)
    {
        bool ofAll = entry.Action is FreezeAction.Rollback or FreezeAction.Stop;
        if (ofAll ? entry.Unit != -1 : entry.Unit < 0 || entry.Unit >= units) throw new FormatException($"{entry.Action} of unit {entry.Unit}, expected {(ofAll ? "-1" : $"one in [0, {units})")}.");
        if (entry.Action == FreezeAction.Rollback && entry.RestoredStep is null) throw new FormatException("a rollback without restoredStep.");
        return entry;
    }

    private static RecordedView View(JsonElement json) => new(
        json.GetProperty("path").GetString()!, json.GetProperty("frozen").GetBoolean(), json.GetProperty("age").GetInt32(), Number(json, "score"), json.GetProperty("explanation").GetString()!, Number(json, "debt"));

    private static DecisionEntry Entry(JsonElement json) => new(
        json.GetProperty("step").GetInt32(), json.GetProperty("unit").GetInt32(), json.GetProperty("path").GetString()!, Word<FreezeAction>(json.GetProperty("action")),
        json.GetProperty("trigger").GetString()!, json.GetProperty("reason").GetString()!, (float)Number(json, "learningRate"), Number(json, "score"),
        json.TryGetProperty("observation", out JsonElement observation) ? ObservationOf(observation) : null)
    {
        RateScale = json.TryGetProperty("rateScale", out JsonElement scale) ? scale.GetSingle() : null,
        StateAction = json.TryGetProperty("stateAction", out JsonElement action) ? Word<OnFreeze>(action) : null,
        RestoredStep = json.TryGetProperty("restoredStep", out JsonElement restored) ? restored.GetInt32() : null,
        UpdateMasks = json.TryGetProperty("updateMasks", out JsonElement masks) ? [.. masks.EnumerateArray().Select(Mask)] : null,
    };

    private static UpdateMask? Mask(JsonElement json)
    {
        if (json.ValueKind == JsonValueKind.Null) return null;
        return UpdateMask.Of(Word<UpdateMaskAxis>(json.GetProperty("axis")), [.. json.GetProperty("trains").GetString()!.Select(part => part == '1')]);
    }

    private static Observation ObservationOf(JsonElement json)
    {
        var observation = new Observation(json.GetProperty("step").GetInt32(), json.GetProperty("steps").GetInt32(), Number(json, "integratedRate"));
        foreach (JsonProperty statistic in json.GetProperty("values").EnumerateObject())
            observation.Add(statistic.Name, [.. statistic.Value.EnumerateArray().Select(value => value.ValueKind == JsonValueKind.Null ? double.NaN : value.GetDouble())]);
        return observation;
    }

    private static T Word<T>(JsonElement json)
        where T : struct, Enum => Enum.Parse<T>(json.GetString()!, ignoreCase: true);

    private static double Number(JsonElement json, string name) => json.TryGetProperty(name, out JsonElement value) ? value.GetDouble() : double.NaN;

    private static bool EndsWithNewLine(string path)
    {
        using FileStream file = File.OpenRead(path);
        if (file.Length == 0) return true;
        file.Seek(-1, SeekOrigin.End);
        return file.ReadByte() == '\n';
    }
}
