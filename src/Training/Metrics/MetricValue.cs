namespace ResearchFreeze.Training;

/// <summary>What a metric found.</summary>
/// <param name="Scalar">A number; NaN where it is a table, or where there was nothing to measure.</param>
/// <param name="Table">A table (rows, columns); null where it is a number.</param>
public readonly record struct MetricValue(double Scalar, double[,]? Table = null);

/// <summary>A metric's name with a number.</summary>
/// <param name="Name">The metric.</param>
/// <param name="Value">Its value; NaN: not measured.</param>
public readonly record struct NamedValue(string Name, double Value);

/// <summary>A metric's name with a table.</summary>
/// <param name="Name">The metric.</param>
/// <param name="Cells">(rows, columns).</param>
/// <param name="ClassNames">What the classes are called, where that is known: headings of axes with a place for each class.</param>
public sealed record NamedTable(string Name, double[,] Cells, IReadOnlyList<string>? ClassNames);
