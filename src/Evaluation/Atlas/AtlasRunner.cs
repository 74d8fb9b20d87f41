namespace ResearchFreeze.Evaluation;

/// <summary>Makes an atlas: full training with all statistics and a checkpoint at each step of the grid, and then a fork of it for each cell, which begins with that checkpoint; each in a process of its own.</summary>
/// <param name="plan">The plan.</param>
/// <param name="folder">The atlas's folder, which <see cref="AtlasFolder.Take"/> has made the plan's.</param>
/// <param name="start">Runs <c>freeze</c> with arguments; cancelled, it has to end.</param>
/// <param name="say">Is told in a line of each run that has ended.</param>
public sealed class AtlasRunner(AtlasPlan plan, string folder, Func<IReadOnlyList<string>, CancellationToken, Task<RunEnd>> start, Action<string> say)
{
    /// <summary>Makes what is not there yet, and writes the data set once every cell is done or has failed.</summary>
    /// <param name="jobs">Runs at a time.</param>
    /// <param name="stop">No further run begins.</param>
    /// <param name="kill">Runs that are at work end at once.</param>
    /// <returns>0: all are there; 1: some have failed; 2: bad input; 130: it was stopped.</returns>
    public async Task<int> Run(int jobs, CancellationToken stop = default, CancellationToken kill = default)
    {
        string source = AtlasFolder.SourceOf(folder);
        var full = new QueuedRun(AtlasFolder.Source, null, _ => ["train", "--resume", source], () => AtlasFolder.StateOf(source, null), () => false);
        int code = await new RunQueue([full, .. plan.Cells.Select(Queued)], jobs, start, say).Run(stop, kill);
        if (code > 1 || AtlasFolder.StateOf(source, null) != RunState.Done) return code;
        AtlasTable.Write(folder, AtlasTable.Of(folder, plan));
        AtlasStatistics.Write(folder, AtlasStatistics.Of(folder, plan));
        return code;
    }

    private QueuedRun Queued(AtlasCell cell)
    {
        string at = AtlasFolder.FolderOf(folder, cell);
        string[] change = plan.Kind == AtlasPlan.Each ? ["--freeze", plan.Units[cell.Unit]] : ["--freeze-prefix", $"{cell.Unit + 1}"];
        return new QueuedRun(
            cell.Name, AtlasFolder.Source,
            goesOn => goesOn ? ["train", "--resume", at] : ["fork", AtlasFolder.SourceOf(folder), "--step", $"{cell.Step}", .. change, "--checkpoint-every", "60s", "--keep-checkpoints", "1", "--out", at],
            () => AtlasFolder.StateOf(at, cell.Fork.ToString()), () => File.Exists(Path.Combine(at, "config.json")))
        {
            // The atlas's own: a cell that is done needs none, and together they would be many times full training's.
            Ended = () => DeleteCheckpoints(at),
        };
    }

    private static void DeleteCheckpoints(string run)
    {
        string checkpoints = Path.Combine(run, "checkpoints");
        if (Directory.Exists(checkpoints)) Directory.Delete(checkpoints, recursive: true);
    }
}
