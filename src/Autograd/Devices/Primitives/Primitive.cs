namespace ResearchFreeze.Autograd;

/// <summary>The primitives of a device, for counting.</summary>
public enum Primitive
{
    /// <summary>Host to device.</summary>
    Upload,

    /// <summary>Device to host; the only primitive that waits for the device.</summary>
    Download,

    /// <summary>Range to range.</summary>
    Copy,

    /// <summary>Constant fill.</summary>
    Fill,

    /// <summary>Element-wise function of one operand.</summary>
    Map,

    /// <summary>Its derivative times the output gradient.</summary>
    MapBackward,

    /// <summary>Element-wise function of two operands.</summary>
    Zip,

    /// <summary>y ← α·x + β·y.</summary>
    AddScaled,

    /// <summary>y ← x where a mask is zero.</summary>
    RestoreWhere,

    /// <summary>Reals rounded to bfloat16.</summary>
    ToBFloat16,

    /// <summary>Reals from bfloat16.</summary>
    FromBFloat16,

    /// <summary>Sum over axes.</summary>
    Reduce,

    /// <summary>The adjoint of a sum: repeat along axes.</summary>
    Expand,

    /// <summary>A box of elements from range to range.</summary>
    CopyBox,

    /// <summary>A box of elements into a range, with zeros around it.</summary>
    PlaceBox,

    /// <summary>The largest element over axes.</summary>
    ReduceMax,

    /// <summary>Its input gradient.</summary>
    ReduceMaxBackward,

    /// <summary>Rows of a table by index.</summary>
    GatherRows,

    /// <summary>Its adjoint.</summary>
    ScatterRows,

    /// <summary>Where the largest elements of each row are.</summary>
    TopIndices,

    /// <summary>Places in a tensor as places along an axis.</summary>
    AxisIndices,

    /// <summary>Places along an axis as places in a tensor.</summary>
    FlatIndices,

    /// <summary>Convolution of images.</summary>
    Conv2d,

    /// <summary>Its input gradient.</summary>
    Conv2dInputGradient,

    /// <summary>Its weight gradient.</summary>
    Conv2dWeightGradient,

    /// <summary>Largest element of each window.</summary>
    MaxPool,

    /// <summary>Its input gradient.</summary>
    MaxPoolBackward,

    /// <summary>Mean of each window.</summary>
    AveragePool,

    /// <summary>Its input gradient.</summary>
    AveragePoolBackward,

    /// <summary>Mean and variance of each channel.</summary>
    Moments,

    /// <summary>Running moments of each channel.</summary>
    UpdateMoments,

    /// <summary>Normalisation by given moments.</summary>
    BatchNorm,

    /// <summary>Gradient of its scale.</summary>
    BatchNormScaleGradient,

    /// <summary>Its input gradient through the batch's moments.</summary>
    BatchNormInputGradient,

    /// <summary>Its input gradient with constant moments.</summary>
    BatchNormScale,

    /// <summary>Normalisation within a sample.</summary>
    GroupNorm,

    /// <summary>Its input gradient.</summary>
    GroupNormInputGradient,

    /// <summary>Gradient of its scale.</summary>
    GroupNormScaleGradient,

    /// <summary>Logarithm of the softmax of rows.</summary>
    LogSoftmax,

    /// <summary>Its input gradient.</summary>
    LogSoftmaxBackward,

    /// <summary>Matrix product.</summary>
    Gemm,

    /// <summary>Softmax of rows.</summary>
    Softmax,

    /// <summary>Its input gradient.</summary>
    SoftmaxBackward,

    /// <summary>Cross entropy of rows of logits.</summary>
    CrossEntropy,

    /// <summary>Its input gradient.</summary>
    CrossEntropyBackward,

    /// <summary>Dropout, forward and backward alike.</summary>
    Dropout,

    /// <summary>One step of an LSTM but for its products.</summary>
    LstmCell,

    /// <summary>Its gradient with respect to one of its inputs.</summary>
    LstmCellBackward,

    /// <summary>One step of a GRU but for its products.</summary>
    GruCell,

    /// <summary>Its gradient with respect to one of its inputs.</summary>
    GruCellBackward,

    /// <summary>Scaled dot-product attention.</summary>
    Attention,

    /// <summary>Its wanted gradients.</summary>
    AttentionBackward,

    /// <summary>Σx², Σ|x| or Σ(x−y)² into one element.</summary>
    Norm,

    /// <summary>Clip factor and non-finite guard.</summary>
    StepGuard,

    /// <summary>One SGD update of one parameter.</summary>
    Sgd,

    /// <summary>One Adam(W) update of one parameter.</summary>
    Adam,

    /// <summary>One RMSprop update of one parameter.</summary>
    RmsProp,

    /// <summary>One Lion update of one parameter.</summary>
    Lion,
}
