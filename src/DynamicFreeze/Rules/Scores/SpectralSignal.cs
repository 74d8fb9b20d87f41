using MathNet.Numerics.LinearAlgebra;
using MathNet.Numerics.Statistics;

namespace ResearchFreeze.DynamicFreeze;

/// <summary>How much of a matrix stands out from what a random matrix has: Spectrum's ratio of signal to noise (Hartford et al. 2024).</summary>
public static class SpectralSignal
{
    // An interquartile range is that many standard deviations of a normal distribution.
    private const double Normal = 1.349;

    /// <summary>
    /// With the singular values s of the matrix and their interquartile range: σ = range / 1.349, ε = σ · (1 + √β), β the shorter side over the longer one; the sum of s above ε over the sum of the others, or over 1 if there are
    /// none, over the largest s.
    /// </summary>
    /// <param name="values">The matrix, row by row.</param>
    /// <param name="rows">Its rows; at least 1.</param>
    /// <returns>The ratio; NaN of a matrix of zeros, or of one that has a number that is not finite.</returns>
    /// <exception cref="ArgumentException">There are no values, or they are no whole rows.</exception>
    public static double Ratio(IReadOnlyList<float> values, int rows)
    {
        ArgumentNullException.ThrowIfNull(values);
        if (rows < 1 || values.Count == 0 || values.Count % rows != 0) throw new ArgumentException($"{values.Count} values are no matrix of {rows} rows.", nameof(values));
        int columns = values.Count / rows;
        if (values.Any(value => !float.IsFinite(value)) || values.All(value => value == 0)) return double.NaN;
        // The decomposition goes by columns: the shorter side is theirs.
        Matrix<double> matrix = rows >= columns ? Matrix<double>.Build.Dense(rows, columns, (i, j) => values[(i * columns) + j]) : Matrix<double>.Build.Dense(columns, rows, (i, j) => values[(j * columns) + i]);
        double[] singular = [.. matrix.Svd(computeVectors: false).S.Order()];
        double range = SortedArrayStatistics.QuantileCustom(singular, 0.75, QuantileDefinition.R7) - SortedArrayStatistics.QuantileCustom(singular, 0.25, QuantileDefinition.R7);
        double threshold = range / Normal * (1 + Math.Sqrt((double)Math.Min(rows, columns) / Math.Max(rows, columns)));
        double[] noise = [.. singular.Where(value => value <= threshold)];
        double signal = singular.Where(value => value > threshold).Sum();
        return signal / (noise.Length == 0 ? 1 : noise.Sum()) / singular[^1];
    }
}
