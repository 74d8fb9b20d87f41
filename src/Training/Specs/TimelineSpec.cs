using System.Globalization;
using ResearchFreeze.Data;
using ResearchFreeze.DynamicFreeze;

namespace ResearchFreeze.Training;

/// <summary>The policy <c>timeline</c> as it is written: <c>timeline:at=0.3/0.55/1,flops=0.7</c>.</summary>
internal static class TimelineSpec
{
    public const string Usage = "timeline:at=0.3/0.6/1,flops=…|run=FOLDER";

    /// <summary>Reads it.</summary>
    /// <exception cref="ArgumentException">A setting is none.</exception>
    /// <exception cref="IOException">The run whose operations are to be matched cannot be read.</exception>
    public static Policy Parse(Spec spec)
    {
        string at = spec.Word("at", "");
        if (at.Length == 0) throw new ArgumentException($"'{spec}': at is needed, the time of each unit beside the heads as a part of the run, 1 for never, as in timeline:at=0.3/0.6/1.");
        double[] times = [.. at.Split('/').Select(Time)];
        double? flops = spec.Has("flops") ? spec.Real("flops", 1) : null;
        string run = spec.Word("run", "");
        if (flops is not null && run.Length > 0) throw new ArgumentException($"'{spec}': flops and run both say what the run is to take, found both.");
        return Policy(times, run.Length > 0 ? Taken(run) : flops);

        double Time(string text) => double.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out double time) ? time : throw new ArgumentException($"'{spec}': at must be numbers with '/' between them, found '{text}'.");
    }

    private static Policy Policy(double[] times, double? flops) => new(new NoCriterion(), new TimelineRule(times, flops), steps => FreezeOptions.WithoutTriggers with { RunSteps = steps });

    /// <summary>The part of full training's operations that a run took; of one that its rule has ended early, full training has all the same all of its steps.</summary>
    /// <exception cref="ArgumentException">It has not ended as it should.</exception>
    private static double Taken(string folder)
    {
        RunSummary summary = RunFolder.ReadEnded(folder, "timeline:run=", "what it takes");
        if (summary.FullRunFlops == 0) throw new ArgumentException($"timeline:run= '{folder}': the run took no operations.");
        return Math.Min(1, summary.Flops.Total / summary.FullRunFlops);
    }
}
