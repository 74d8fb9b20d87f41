using ResearchFreeze.Autograd;

namespace ResearchFreeze.Tests.Cli;

/// <summary>The reference with one primitive a little off, one that throws, and one that does not repeat.</summary>
internal sealed class WrongDevice : ReferenceDevice
{
    private int scattered;

    /// <summary>The last element of the last row is off by 0.1 %.</summary>
    protected override void SoftmaxCore(int rows, int columns, TensorRange x, TensorRange y)
    {
        base.SoftmaxCore(rows, columns, x, y);
        Change(y, value => value * 1.001);
    }

    protected override void GroupNormCore(in GroupNormShape shape, TensorRange x, TensorRange gamma, TensorRange? bias, TensorRange y, TensorRange? state) =>
        throw new InvalidOperationException("kernel not compiled:\nline 7");

    /// <summary>Within tolerance, but not the same bits each time.</summary>
    protected override void ScatterRowsCore(int columns, TensorRange ids, TensorRange dy, TensorRange dtable, float beta)
    {
        base.ScatterRowsCore(columns, ids, dy, dtable, beta);
        scattered++;
        Change(dtable, value => value + (scattered * 1e-12));
    }

    private static void Change(TensorRange y, Func<double, double> change)
    {
        if (y.Length == 0) return;
        TensorRange last = y.Slice(y.Length - 1, 1);
        var value = new double[1];
        last.Storage.Device.Download(last, value);
        last.Storage.Device.Upload([change(value[0])], last);
    }
}
