using ResearchFreeze.DynamicFreeze;
using ResearchFreeze.Layers;

namespace ResearchFreeze.Training;

/// <summary>
/// A run's event file for TensorBoard: what <c>metrics.csv</c> and the decision log have, as scalars. Wall times are here and nowhere else, and no host is: the file's name is always the same, so that a run that goes on finds it.
/// </summary>
internal sealed class EventLog : IDisposable
{
    /// <summary>The value of <see cref="RunSettings.Log"/> that asks for it.</summary>
    public const string TensorBoard = "tensorboard";

    /// <summary>The file, from the run's folder. Readers look for <c>tfevents</c> in the name.</summary>
    public static readonly string FileName = Path.Combine(TensorBoard, "events.out.tfevents.freeze");

    private readonly AppendedFile file;
    private readonly string[] further;
    private IReadOnlyList<FreezeUnit> units = [];

    /// <summary>Opens the file.</summary>
    /// <param name="folder">The run's folder.</param>
    /// <param name="further">The names of metrics other than loss and accuracy.</param>
    /// <param name="length">Bytes that are kept of a file that is there; null: it must not be there.</param>
    /// <exception cref="IOException">It cannot be written, is there already, or is shorter than what is to be kept.</exception>
    public EventLog(string folder, string[] further, long? length)
    {
        this.further = further;
        string path = Path.Combine(folder, FileName);
        Directory.CreateDirectory(Path.GetDirectoryName(path)!);
        file = new AppendedFile(path, length);
        if (length is null) file.Append(EventRecord.Version(Now()));
    }

    /// <summary>Is told once, in one line, if the file cannot be written; what belongs there is then kept and tried again.</summary>
    public Action<string>? Warn { get => file.Warn; set => file.Warn = value; }

    /// <summary>Waits until all is on the disk.</summary>
    /// <returns>The file's length.</returns>
    /// <exception cref="IOException">It cannot be written.</exception>
    public long Commit() => file.Commit();

    /// <summary>Cuts off what is behind the checkpoint that the run goes on from.</summary>
    public void CutBack() => file.CutBack();

    /// <summary>The run's division, which the decisions are about.</summary>
    public void Begin(IReadOnlyList<FreezeUnit> division) => units = division;

    /// <summary>What was measured.</summary>
    public void Write(MetricRow row)
    {
        IEnumerable<(string Tag, double? Value)> measured =
        [
            ("epoch", row.Epoch), ("train/loss", row.TrainLoss), ("train/rate", row.LearningRate), ("validation/loss", row.ValidationLoss), ("validation/accuracy", row.ValidationAccuracy),
            .. row.Further.Zip(further, (value, name) => ($"validation/{name}", (double?)value)),
        ];
        Scalars(row.Step, measured.Where(pair => pair.Value is not null).Select(pair => (pair.Tag, pair.Value!.Value)));
    }

    /// <summary>What the rule was shown: each unit's state, and its score where it has one.</summary>
    public void Checked(CheckContext context) =>
        Scalars(context.Step, context.Units.SelectMany(unit => ((string, double)[])[Frozen(unit.Path, unit.IsFrozen), .. double.IsFinite(unit.Score) ? new[] { ($"units/{unit.Path}/score", unit.Score) } : []]));

    /// <summary>A unit's new state: a second value at the step of the check, as a step in the curve.</summary>
    public void Write(DecisionEntry entry)
    {
        // The units are what they became. A refusal or a rate changes no state.
        if (entry.Unit >= 0 && entry.Action is FreezeAction.Freeze or FreezeAction.Thaw or FreezeAction.Pin) Scalars(entry.Step, [Frozen(entry.Path, units[entry.Unit].IsFrozen)]);
    }

    /// <summary>Writes what is left, and closes the file.</summary>
    /// <exception cref="IOException">It cannot be written.</exception>
    public void Dispose() => file.Dispose();

    private static (string Tag, double Value) Frozen(string path, bool isFrozen) => ($"units/{path}/frozen", isFrozen ? 1 : 0);

    private static double Now() => (DateTime.UtcNow - DateTime.UnixEpoch).TotalSeconds;

    private void Scalars(int step, IEnumerable<(string Tag, double Value)> scalars) => file.Append(EventRecord.Scalars(Now(), step, scalars));
}
