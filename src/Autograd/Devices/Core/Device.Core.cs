namespace ResearchFreeze.Autograd;

// What a device implements. Arguments have been checked and counted; see the public methods for what each means.
public abstract partial class Device
{
    /// <summary>See <see cref="Upload(ReadOnlySpan{float}, TensorRange)"/>.</summary>
    protected abstract void UploadCore(ReadOnlySpan<float> values, TensorRange y);

    /// <summary>See <see cref="Upload(ReadOnlySpan{double}, TensorRange)"/>.</summary>
    protected abstract void UploadCore(ReadOnlySpan<double> values, TensorRange y);

    /// <summary>See <see cref="Upload(ReadOnlySpan{int}, TensorRange)"/>.</summary>
    protected abstract void UploadCore(ReadOnlySpan<int> values, TensorRange y);

    /// <summary>See <see cref="Download(TensorRange, Span{float})"/>.</summary>
    protected abstract void DownloadCore(TensorRange x, Span<float> values);

    /// <summary>See <see cref="Download(TensorRange, Span{double})"/>.</summary>
    protected abstract void DownloadCore(TensorRange x, Span<double> values);

    /// <summary>See <see cref="Download(TensorRange, Span{int})"/>.</summary>
    protected abstract void DownloadCore(TensorRange x, Span<int> values);

    /// <summary>See <see cref="Copy(TensorRange, TensorRange)"/>.</summary>
    protected abstract void CopyCore(TensorRange x, TensorRange y);

    /// <summary>See <see cref="Fill(TensorRange, double)"/>.</summary>
    protected abstract void FillCore(TensorRange y, double value);

    /// <summary>See <see cref="Map(MapKernel, TensorRange, TensorRange, float)"/>.</summary>
    protected abstract void MapCore(MapKernel kernel, TensorRange x, TensorRange y, float beta);

    /// <summary>See <see cref="MapBackward(MapKernel, TensorRange, TensorRange, TensorRange, TensorRange, float)"/>.</summary>
    protected abstract void MapBackwardCore(MapKernel kernel, TensorRange x, TensorRange y, TensorRange dy, TensorRange dx, float beta);

    /// <summary>See <see cref="Zip(ZipKernel, in ZipLayout, TensorRange, TensorRange, TensorRange, float)"/>.</summary>
    protected abstract void ZipCore(ZipKernel kernel, in ZipLayout layout, TensorRange a, TensorRange b, TensorRange y, float beta);

    /// <summary>See <see cref="AddScaled(float, TensorRange, float, TensorRange)"/>.</summary>
    protected abstract void AddScaledCore(float alpha, TensorRange x, float beta, TensorRange y);

    /// <summary>See <see cref="RestoreWhere"/>.</summary>
    protected abstract void RestoreWhereCore(TensorRange mask, TensorRange x, TensorRange y);

    /// <summary>See <see cref="Reduce(in ReduceLayout, double, TensorRange, TensorRange, float)"/>.</summary>
    protected abstract void ReduceCore(in ReduceLayout layout, double scale, TensorRange x, TensorRange y, float beta);

    /// <summary>See <see cref="Expand(in ReduceLayout, double, TensorRange, TensorRange, float)"/>.</summary>
    protected abstract void ExpandCore(in ReduceLayout layout, double scale, TensorRange x, TensorRange y, float beta);

    /// <summary>See <see cref="Gemm(in GemmShape, TensorRange, TensorRange, TensorRange, float, TensorRange?, Activation)"/>.</summary>
    protected abstract void GemmCore(in GemmShape shape, TensorRange a, TensorRange b, TensorRange c, float beta, TensorRange? bias, Activation activation);

    /// <summary>See <see cref="Softmax(int, int, TensorRange, TensorRange)"/>.</summary>
    protected abstract void SoftmaxCore(int rows, int columns, TensorRange x, TensorRange y);

    /// <summary>See <see cref="SoftmaxBackward(int, int, TensorRange, TensorRange, TensorRange, float)"/>.</summary>
    protected abstract void SoftmaxBackwardCore(int rows, int columns, TensorRange y, TensorRange dy, TensorRange dx, float beta);

    /// <summary>See <see cref="CrossEntropy(in CrossEntropyShape, TensorRange, TensorRange, TensorRange?, TensorRange, TensorRange?)"/>.</summary>
    protected abstract void CrossEntropyCore(in CrossEntropyShape shape, TensorRange logits, TensorRange labels, TensorRange? weights, TensorRange loss, TensorRange? rowState);

    /// <summary>See <see cref="CrossEntropyBackward(in CrossEntropyShape, TensorRange, TensorRange, TensorRange?, TensorRange, TensorRange, TensorRange, float)"/>.</summary>
    protected abstract void CrossEntropyBackwardCore(in CrossEntropyShape shape, TensorRange logits, TensorRange labels, TensorRange? weights, TensorRange rowState, TensorRange dloss, TensorRange dlogits, float beta);

    /// <summary>See <see cref="Dropout(in DropoutKey, TensorRange, TensorRange, float)"/>.</summary>
    protected abstract void DropoutCore(in DropoutKey key, TensorRange x, TensorRange y, float beta);

    /// <summary>See <see cref="Norm(NormKind, TensorRange, TensorRange, TensorRange)"/>.</summary>
    protected abstract void NormCore(NormKind kind, TensorRange x, TensorRange y, TensorRange result);

    /// <summary>See <see cref="StepGuard(TensorRange, float, TensorRange)"/>.</summary>
    protected abstract void StepGuardCore(TensorRange sums, float maxNorm, TensorRange state);

    /// <summary>See <see cref="Sgd(in SgdStep, TensorRange, TensorRange, TensorRange?, TensorRange)"/>.</summary>
    protected abstract void SgdCore(in SgdStep step, TensorRange w, TensorRange g, TensorRange? velocity, TensorRange guard);

    /// <summary>See <see cref="Adam(in AdamStep, TensorRange, TensorRange, TensorRange, TensorRange, TensorRange)"/>.</summary>
    protected abstract void AdamCore(in AdamStep step, TensorRange w, TensorRange g, TensorRange m, TensorRange v, TensorRange guard);

    /// <summary>See <see cref="RmsProp(in RmsPropStep, TensorRange, TensorRange, TensorRange, TensorRange?, TensorRange)"/>.</summary>
    protected abstract void RmsPropCore(in RmsPropStep step, TensorRange w, TensorRange g, TensorRange square, TensorRange? velocity, TensorRange guard);

    /// <summary>See <see cref="Lion(in LionStep, TensorRange, TensorRange, TensorRange, TensorRange)"/>.</summary>
    protected abstract void LionCore(in LionStep step, TensorRange w, TensorRange g, TensorRange m, TensorRange guard);
}
