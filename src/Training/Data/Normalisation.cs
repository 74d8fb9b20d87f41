namespace ResearchFreeze.Training;

/// <summary>
/// How pixels become inputs: (pixel / 255 − mean) / deviation. The two constants are computed from the training set alone and used for all
/// three sets (0.286 and 0.353 for Fashion-MNIST), so that nothing of validation or test reaches training.
/// </summary>
/// <param name="Mean">Mean of pixel / 255 over the training set.</param>
/// <param name="Deviation">Standard deviation of pixel / 255 over the training set; 1 if all pixels are equal.</param>
public sealed record Normalisation(double Mean, double Deviation)
{
    /// <summary>The constants of these pixels. Sums are of integers, hence exact and free of any order.</summary>
    public static Normalisation Of(ReadOnlySpan<byte> pixels)
    {
        if (pixels.IsEmpty) return new Normalisation(0, 1);
        long sum = 0, squares = 0;
        foreach (byte pixel in pixels)
        {
            sum += pixel;
            squares += pixel * pixel;
        }
        double mean = (double)sum / pixels.Length;
        double variance = ((double)squares / pixels.Length) - (mean * mean);
        return new Normalisation(mean / 255, variance <= 0 ? 1 : Math.Sqrt(variance) / 255);
    }

    /// <summary>The input for each of the 256 pixel values: a look-up is faster than the formula, and rounds the same everywhere.</summary>
    internal float[] Table()
    {
        var table = new float[256];
        for (int pixel = 0; pixel < table.Length; pixel++) table[pixel] = (float)(((pixel / 255.0) - Mean) / Deviation);
        return table;
    }
}
