namespace ResearchFreeze.Autograd;

/// <summary>A check failed. The message names the operation, the seed and the numbers.</summary>
public sealed class VerificationException(string message) : Exception(message);

/// <summary>
/// Compares analytic gradients with central differences on the float64 reference. The loss is Σ sin(y), so that the output gradient cos(y) is not constant: a plain sum hides
/// transposition errors.
/// </summary>
public static class GradCheck
{
    /// <summary>Checks the gradients of a function of parameters.</summary>
    /// <param name="name">Named in a failure.</param>
    /// <param name="function">Computes the result from the parameters' present values; called many times, so it must draw no random numbers.</param>
    /// <param name="parameters">Materialised on a <see cref="ReferenceDevice"/>; frozen ones are not checked.</param>
    /// <param name="tolerance">Allowed |analytic − numeric| / max(1, |numeric|).</param>
    /// <returns>The largest error found, |analytic − numeric| / max(1, |numeric|).</returns>
    /// <exception cref="VerificationException">A gradient is missing or off.</exception>
    public static double Run(string name, Func<Tensor> function, IReadOnlyList<Parameter> parameters, double tolerance = 1e-6)
    {
        ArgumentNullException.ThrowIfNull(function);
        ArgumentNullException.ThrowIfNull(parameters);
        foreach (Parameter parameter in parameters)
        {
            if (parameter.Value.Device is not ReferenceDevice) throw new ArgumentException($"GradCheck: '{parameter.Path}' is on {parameter.Value.Device.Name}; central differences need the reference's float64.");
            parameter.ClearGrad();
        }
        Backward(function);
        double largest = 0;
        foreach (Parameter parameter in parameters)
        {
            if (parameter.IsFrozen) continue;
            double[] analytic = Values(parameter.Grad ?? throw new VerificationException($"{name}: '{parameter.Path}' got no gradient."));
            largest = Math.Max(largest, Compare(name, function, parameter, analytic, tolerance));
        }
        return largest;
    }

    /// <summary>Σ sin(y).</summary>
    internal static double Loss(Func<Tensor> function)
    {
        using var scope = new Scope();
        using var mode = GradMode.Disable();
        double sum = 0;
        foreach (double value in Values(function())) sum += Math.Sin(value);
        return sum;
    }

    /// <summary>Runs the backward pass of Σ sin(y).</summary>
    internal static void Backward(Func<Tensor> function)
    {
        using var scope = new Scope();
        Tensor y = function();
        double[] dy = Values(y);
        for (int i = 0; i < dy.Length; i++) dy[i] = Math.Cos(dy[i]);
        y.Backward(Tensor.From(y.Device, dy, y.Shape), ParameterSink.Instance);
    }

    internal static double[] Values(Tensor tensor)
    {
        var values = new double[tensor.Shape.Count];
        tensor.CopyTo(values);
        return values;
    }

    private static double Compare(string name, Func<Tensor> function, Parameter parameter, double[] analytic, double tolerance)
    {
        const double Step = 1e-5;
        Tensor value = parameter.Value;
        double[] at = Values(value);
        double largest = 0;
        for (int i = 0; i < at.Length; i++)
        {
            double x = at[i];
            // Four points: the error is of the fourth order, since with two a steep quotient is off by more than the tolerance.
            double numeric = ((8 * (Shifted(Step) - Shifted(-Step))) - (Shifted(2 * Step) - Shifted(-2 * Step))) / (12 * Step);
            at[i] = x;
            value.Device.Upload(at, value.Range);

            double Shifted(double shift)
            {
                at[i] = x + shift;
                value.Device.Upload(at, value.Range);
                return Loss(function);
            }

            double error = Math.Abs(analytic[i] - numeric) / Math.Max(1, Math.Abs(numeric));
            if (!(error <= tolerance))
                throw new VerificationException($"{name}: gradient of '{parameter.Path}'[{i}] is {analytic[i]:R}, central differences give {numeric:R}.");
            largest = Math.Max(largest, error);
        }
        return largest;
    }
}
