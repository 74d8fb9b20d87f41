using System.Globalization;
using ResearchFreeze.Evaluation;

namespace ResearchFreeze.Plots;

/// <summary>Numbers of a comparison as they are read: a sign, and as many digits as mean something.</summary>
public static class ReportText
{
    /// <summary>A difference of an endpoint; a dash where there is none.</summary>
    public static string Number(double value, string endpoint) => double.IsFinite(value) ? value.ToString(endpoint == "accuracy" ? "+0.00;−0.00;0.00" : "+0.0000;−0.0000;0.0000", CultureInfo.InvariantCulture) : "–";

    /// <summary>A size, which has no sign.</summary>
    public static string Size(double value, string endpoint) => double.IsFinite(value) ? value.ToString(endpoint == "accuracy" ? "F2" : "F4", CultureInfo.InvariantCulture) : "–";

    /// <summary>A method's difference from full training, with half of its interval if that is asked for; a dash for full training.</summary>
    public static string Difference(ComparisonResult result, ComparedMethod method, string endpoint, bool withInterval = true)
    {
        ArgumentNullException.ThrowIfNull(result);
        ArgumentNullException.ThrowIfNull(method);
        if (result.Pairs.FirstOrDefault(pair => pair.Method == method.Series.Name && pair.Reference == result.Reference.Name && pair.Endpoint == endpoint)?.Difference is not { } found) return "–";
        return double.IsNaN(found.Low) || !withInterval ? Number(found.Mean, endpoint) : $"{Number(found.Mean, endpoint)} ± {Size((found.High - found.Low) / 2, endpoint)}";
    }
}
