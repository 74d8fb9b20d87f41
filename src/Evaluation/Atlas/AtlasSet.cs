namespace ResearchFreeze.Evaluation;

/// <summary>The data sets of one or several atlases, and scores laid over their cells.</summary>
public sealed class AtlasSet
{
    /// <summary>The score that knows nothing but the clock: all series are frozen at one part of the run.</summary>
    public const string Clock = "(clock)";

    private const string Drift = "drift";

    private readonly IReadOnlyList<AtlasRow[]> series;
    private readonly Dictionary<(string Run, ulong Seed, int Unit), AtlasScore[]> scores;

    private AtlasSet(IReadOnlyList<AtlasRow> rows, IReadOnlyList<AtlasScore> scores)
    {
        Rows = rows;
        series = [.. rows.GroupBy(row => (row.Run, row.Seed, row.Kind, row.Unit)).Select(cells => cells.OrderBy(cell => cell.Step).ToArray())];
        this.scores = scores.GroupBy(score => (score.Run, score.Seed, score.Unit)).ToDictionary(group => group.Key, group => group.OrderBy(score => score.Step).ToArray());
        Columns = [.. scores.SelectMany(score => score.Values.Keys).Distinct(StringComparer.Ordinal).Order(StringComparer.Ordinal)];
    }

    /// <summary>The cells.</summary>
    public IReadOnlyList<AtlasRow> Rows { get; }

    /// <summary>The columns of <c>statistics.csv</c>: criteria and statistics.</summary>
    public IReadOnlyList<string> Columns { get; }

    /// <summary>Those that are criteria's.</summary>
    public IReadOnlyList<string> Criteria => [.. Columns.Where(DynamicFreeze.AllScores.IsScore)];

    /// <summary>The columns with what a criterion predicts freezing a unit to cost, in nats: <c>price.annealing-debt</c>.</summary>
    public IReadOnlyList<string> Prices => [.. Columns.Where(column => column.StartsWith(DynamicFreeze.AllScores.Price, StringComparison.Ordinal))];

    /// <summary>How many series there are: units, or prefixes, of all runs.</summary>
    public int Series => series.Count;

    /// <summary>Reads the data sets of atlases.</summary>
    /// <exception cref="ArgumentException">Two are of the same run, seed and kind.</exception>
    /// <exception cref="FormatException">A file is none of an atlas's.</exception>
    /// <exception cref="IOException">A file is not there, or cannot be read.</exception>
    public static AtlasSet Read(params IReadOnlyList<string> folders)
    {
        ArgumentNullException.ThrowIfNull(folders);
        return Of([.. folders.Select(folder => (folder, AtlasTable.Read(folder), AtlasStatistics.Read(folder)))]);
    }

    /// <summary>Data sets that were read already.</summary>
    /// <param name="atlases">A name for each, its cells, and its statistics.</param>
    /// <exception cref="ArgumentException">Two are of the same run, seed and kind.</exception>
    public static AtlasSet Of(IReadOnlyList<(string Name, IReadOnlyList<AtlasRow> Rows, IReadOnlyList<AtlasScore> Scores)> atlases)
    {
        ArgumentNullException.ThrowIfNull(atlases);
        var rows = new List<AtlasRow>();
        foreach ((string name, IReadOnlyList<AtlasRow> own, _) in atlases)
        {
            if (own.Select(row => (row.Run, row.Seed, row.Kind)).Distinct().FirstOrDefault(key => rows.Any(row => (row.Run, row.Seed, row.Kind) == key)) is { Run: not null } twice)
                throw new ArgumentException($"'{name}': the run '{twice.Run}' with seed {twice.Seed} is in another of the atlases too; each cell counts once.");
            rows.AddRange(own);
        }
        // Atlases of two kinds may be of one run; the last says what a score is.
        return new AtlasSet(rows, [.. atlases.Reverse().SelectMany(atlas => atlas.Scores.Reverse()).DistinctBy(score => (score.Run, score.Seed, score.Unit, score.Step))]);
    }

    /// <summary>The series under a column: a unit's score is that of the last check at the cell's step or before. A prefix's is made of its units' by <paramref name="combine"/>, and has no opinion where one has none.</summary>
    /// <param name="column">A column of the statistics, or <see cref="Clock"/>.</param>
    /// <param name="combine">How the scores of a prefix's units become one.</param>
    /// <exception cref="ArgumentException">There is no such column.</exception>
    public IReadOnlyList<IReadOnlyList<AtlasPoint>> Under(string column, AtlasCombine combine = AtlasCombine.Max)
    {
        if (column != Clock && !Columns.Contains(column)) throw new ArgumentException($"the atlas has no column '{column}'; it has {string.Join(", ", Columns)}.");
        return [.. series.Select(cells => cells.Select(cell => new AtlasPoint(column == Clock ? -cell.Fraction : ScoreOf(cell, column, combine), cell.Price, cell.Saved)).ToArray())];
    }

    /// <summary>A column's regret at each budget.</summary>
    /// <exception cref="ArgumentException">There is no such column.</exception>
    public IReadOnlyList<AtlasRegret> Regret(string column, IReadOnlyList<double> budgets, AtlasCombine combine = AtlasCombine.Max)
    {
        ArgumentNullException.ThrowIfNull(budgets);
        IReadOnlyList<IReadOnlyList<AtlasPoint>> points = Under(column, combine);
        return [.. budgets.Select(budget => AtlasRegret.Of(points, budget))];
    }

    /// <summary>Each cell with what a column predicts it to cost: of a prefix, the sum of its units' prices. Cells for which either price is not known are left out.</summary>
    /// <param name="column">One of <see cref="Prices"/>, or another one in nats.</param>
    /// <exception cref="ArgumentException">There is no such column.</exception>
    public IReadOnlyList<AtlasPrice> Priced(string column)
    {
        if (!Columns.Contains(column)) throw new ArgumentException($"the atlas has no column '{column}'; it has {string.Join(", ", Columns)}.");
        return [.. Rows.Select(cell => new AtlasPrice(cell, ScoreOf(cell, column, AtlasCombine.Sum), ScoreOf(cell, Drift, AtlasCombine.Max))).Where(price => double.IsFinite(price.Predicted) && double.IsFinite(price.Cell.Price))];
    }

    private double ScoreOf(AtlasRow cell, string column, AtlasCombine combine)
    {
        IEnumerable<int> units = cell.Kind == AtlasPlan.Each || combine == AtlasCombine.Last ? [cell.Unit] : Enumerable.Range(0, cell.Unit + 1);
        double[] found = [.. units.Select(unit => At(cell, unit, column))];
        return found.Any(double.IsNaN) ? double.NaN : combine == AtlasCombine.Sum ? found.Sum() : found.Max();
    }

    private double At(AtlasRow cell, int unit, string column) =>
        scores.TryGetValue((cell.Run, cell.Seed, unit), out AtlasScore[]? own) && own.LastOrDefault(score => score.Step <= cell.Step) is { } last && last.Values.TryGetValue(column, out double value) ? value : double.NaN;
}
