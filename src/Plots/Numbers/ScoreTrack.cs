using ResearchFreeze.DynamicFreeze;

namespace ResearchFreeze.Plots;

/// <summary>A unit's scores over time.</summary>
/// <param name="Unit">Its path.</param>
/// <param name="Points">Scores of the checks that observed it.</param>
/// <param name="Marks">Where it was frozen and thawed. A change before the first score has no place.</param>
public sealed record ScoreTrack(string Unit, IReadOnlyList<(int Step, double Score)> Points, IReadOnlyList<ScoreMark> Marks)
{
    /// <summary>The tracks of all units, in their order.</summary>
    public static IReadOnlyList<ScoreTrack> Of(DecisionRecord record)
    {
        ArgumentNullException.ThrowIfNull(record);
        return [.. record.Units.Select((path, unit) => Of(record, path, unit))];
    }

    private static ScoreTrack Of(DecisionRecord record, string path, int unit)
    {
        // A unit that is not observed, as one that is frozen, keeps its last score: that is no new one.
        (int Step, double Score)[] points =
        [
            .. record.Checks.Select(check => (check.Step, View: check.Units[unit])).Where(seen => seen.View.Age == 0 && double.IsFinite(seen.View.Score)).Select(seen => (seen.Step, seen.View.Score)),
        ];
        var marks = new List<ScoreMark>();
        foreach (DecisionEntry entry in record.Entries.Where(entry => entry.Unit == unit && (entry.Action is FreezeAction.Freeze or FreezeAction.Thaw)))
        {
            double score = double.IsFinite(entry.Score) ? entry.Score : points.Where(point => point.Step <= entry.Step).Select(point => point.Score).DefaultIfEmpty(double.NaN).Last();
            if (double.IsFinite(score)) marks.Add(new ScoreMark(entry.Step, score, entry.Action == FreezeAction.Freeze));
        }
        return new ScoreTrack(path, points, marks);
    }
}
